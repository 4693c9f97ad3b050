"""`python -m netflix.embedded COMMAND ...` runs a command with both servers. Without one it keeps them running.

With `--missing` it prints the servers that have neither a URL nor an installed program, one per line.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from netflix.embedded import VARIABLES, EmbeddedError, data_dir, missing, revive, servers
from netflix.embedded.binaries import binary_source, find_postgres, find_redis
from netflix.embedded.postgres import cluster_version


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if arguments == ["--missing"]:
            return _print_missing()
        with servers():
            return _run(arguments) if arguments else _run_until_signal()
    except EmbeddedError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _print_missing() -> int:
    binary_source()  # raises EmbeddedError for an invalid value, which would count as a missing program below
    for kind in missing():
        try:
            if kind == "postgres":
                find_postgres(cluster_version(data_dir()))
            else:
                find_redis()
        except EmbeddedError:
            print(kind)  # noqa: T201
    return 0


def _run(command: list[str]) -> int:
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 127
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: process.send_signal(number))
    while process.returncode is None:
        revive()
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _run_until_signal() -> NoReturn:
    for variable in VARIABLES.values():
        print(f"{variable}={os.environ[variable]}", flush=True)  # noqa: T201
    while True:
        revive()
        time.sleep(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
