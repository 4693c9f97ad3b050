"""`python -m netflix.embedded COMMAND ...` runs a command with both servers. Without one it keeps them running."""

import os
import signal
import subprocess
import sys
from types import FrameType

from netflix.embedded import VARIABLES, EmbeddedError, data_dir, missing, servers
from netflix.embedded.binaries import check_wish, find_postgres, find_redis
from netflix.embedded.postgres import cluster_version


def main(arguments: list[str]) -> int:
    if arguments == ["--missing"]:
        return _print_missing()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with servers():
            return _run(arguments) if arguments else _hold()
    except EmbeddedError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _print_missing() -> int:
    """Print the servers that have neither a URL nor an installed program, one per line."""
    try:
        kinds = missing()
        check_wish()
    except EmbeddedError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    for kind in kinds:
        try:
            find_postgres(cluster_version(data_dir())) if kind == "postgres" else find_redis()
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
    code = process.wait()
    return code if code >= 0 else 128 - code


def _hold() -> int:
    for variable in VARIABLES.values():
        print(f"{variable}={os.environ[variable]}", flush=True)  # noqa: T201
    signal.pause()
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
