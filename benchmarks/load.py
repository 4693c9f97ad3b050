"""wrk, the load generator: eight connections, each with the next call as soon as the last one is answered."""

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from threading import Event
from urllib.request import Request, urlopen

from benchmarks.scenarios import Call

CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; times in milliseconds. An error is a status from 400 up, or no answer.

    `not_modified` is the part of all answers that were 304, if they were counted.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int
    not_modified: float | None


def check_wrk() -> None:
    """Raises SystemExit with what to do about it."""
    if shutil.which("wrk") is None:
        raise SystemExit("The load comes from wrk, which is not installed. On Debian and Ubuntu: apt-get install wrk")


def load(url: str, calls: Sequence[Call], seconds: float, *, count_304: bool = False) -> Load:
    """Goes through the calls again and again, for whole seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".calls") as file:
        file.writelines(f"{_line(call)}\n" for call in calls)
        file.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{math.ceil(seconds)}s",
            "--latency",
            "--timeout",
            "30s",
            "-s",
            str(_SCRIPT),
            url,
        ]
        environment = os.environ | {"CALLS": file.name} | ({"COUNT_304": "1"} if count_304 else {})
        shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    numbers = next(line.split()[1:] for line in shown.stdout.splitlines() if line.startswith("NUMBERS "))
    requests, microseconds, p50, p99, errors, answered, not_modified = map(int, numbers)
    share = not_modified / max(answered, 1) if count_304 else None
    return Load(requests, microseconds / 1e6, p50 / 1e3, p99 / 1e3, errors, share)


@contextmanager
def beside(url: str, calls: Sequence[Call], a_second: int) -> Iterator[None]:
    """While the block runs, these calls are made in turn, so many a second. Raises what one of them raises."""
    done = Event()

    def make_them() -> None:
        for call in cycle(calls):
            if done.wait(1 / a_second):
                return
            urlopen(Request(url + call.path, method=call.method, headers=call.headers), timeout=30).close()

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(make_them) if calls else None
        try:
            yield
        finally:
            done.set()
        if made:
            made.result()


def _line(call: Call) -> str:
    return "\t".join([call.method, call.path, *(f"{name}: {value}" for name, value in call.headers.items())])
