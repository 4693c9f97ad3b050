"""Runs wrk, the load generator: eight connections, each of which sends the next call when the last is answered."""

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
    """The result of a run; times in milliseconds. An error is a status of 400 or above, or no answer.

    `not_modified` is the share of 304 among all answers, if they were counted.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int
    not_modified: float | None


def check_wrk() -> None:
    """Raises SystemExit if wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit("The load comes from wrk, which is not installed. On Debian and Ubuntu: apt-get install wrk")


def load(url: str, calls: Sequence[Call], seconds: float, *, count_304: bool = False) -> Load:
    """Send the calls in turn, again and again, for `seconds` (rounded up)."""
    with tempfile.NamedTemporaryFile("w", suffix=".calls") as file:
        file.writelines(f"{_line(call)}\n" for call in calls)
        file.flush()
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{math.ceil(seconds)}s", "--latency", "--timeout", "30s"]
        command = ["wrk", *options, "-s", str(_SCRIPT), url]
        environment = os.environ | {"CALLS": file.name} | ({"COUNT_304": "1"} if count_304 else {})
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    numbers = next(line.split()[1:] for line in ended.stdout.splitlines() if line.startswith("NUMBERS "))
    requests, microseconds, p50, p99, errors, answered, not_modified = map(int, numbers)
    share = not_modified / max(answered, 1) if count_304 else None
    return Load(requests, microseconds / 1e6, p50 / 1e3, p99 / 1e3, errors, share)


@contextmanager
def beside(url: str, calls: Sequence[Call], a_second: int) -> Iterator[None]:
    """Make these calls in turn during the block, `a_second` of them per second. Raises the error of a failed call."""
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
