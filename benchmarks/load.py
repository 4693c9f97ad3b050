"""wrk, the load generator: eight connections, each with the next call as soon as the last one is answered."""

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scenarios import Call

CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; times in milliseconds. An error is a status from 400 up, or no answer."""

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int


def check_wrk() -> None:
    """Raises SystemExit with what to do about it."""
    if shutil.which("wrk") is None:
        raise SystemExit("The load comes from wrk, which is not installed. On Debian and Ubuntu: apt-get install wrk")


def load(url: str, calls: Sequence[Call], seconds: float) -> Load:
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
        shown = subprocess.run(
            command, env=os.environ | {"CALLS": file.name}, capture_output=True, text=True, check=True
        )
    numbers = next(line.split()[1:] for line in shown.stdout.splitlines() if line.startswith("NUMBERS "))
    requests, microseconds, p50, p99, errors = map(int, numbers)
    return Load(requests, microseconds / 1e6, p50 / 1e3, p99 / 1e3, errors)


def _line(call: Call) -> str:
    return "\t".join([call.method, call.path, *(f"{name}: {value}" for name, value in call.headers.items())])
