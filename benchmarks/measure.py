"""One measurement: a server under a load, and the processor time that it and its database took."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import Database
from benchmarks.load import CONNECTIONS, Load, beside, load
from benchmarks.scenarios import CONDITIONAL, Scenarios
from benchmarks.servers import Server

_TICKS = os.sysconf("SC_CLK_TCK")
_WARM_UP = 1.0  # seconds
_A_SECOND = 10  # calls that are made beside those that are measured


@dataclass(frozen=True, slots=True)
class Measurement:
    """Times in milliseconds, processor time in microseconds a request, and the part of answers that were 304."""

    rate: float
    p50: float
    p99: float
    application: float
    database: float
    errors: int
    not_modified: float | None = None


def measure(server: Server, database: Database, scenarios: Scenarios, scenario: str, seconds: float) -> Measurement:
    """The first second warms up and does not count."""

    def loaded(seconds: float) -> Load:
        calls = scenarios.calls(scenario, server, seconds)
        done = load(server.url, calls, seconds, count_304=scenario in CONDITIONAL)
        scenarios.called(scenario, done.requests + CONNECTIONS)  # some were on their way when time was up
        return done

    with beside(server.url, scenarios.calls_beside(scenario), _A_SECOND):
        loaded(_WARM_UP)
        application, backends = _used(_tree(server.pid)), {pid: _used([pid]) for pid in _backends(database)}
        found = loaded(seconds)
    in_database = sum(_used([pid]) - backends[pid] for pid in _backends(database) if pid in backends)
    application, in_database = (
        seconds * 1e6 / max(found.requests, 1) for seconds in (_used(_tree(server.pid)) - application, in_database)
    )
    rate = found.requests / found.seconds
    return Measurement(rate, found.p50, found.p99, application, in_database, found.errors, found.not_modified)


def _backends(database: Database) -> list[int]:
    """Of all connections to the database but our own."""
    rows = database.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", database.name
    )
    return [int(str(pid)) for (pid,) in rows]


def _tree(pid: int) -> list[int]:
    """A process and all that it started."""
    pids = [pid]
    for parent in pids:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                pids += map(int, children.read_text().split())
    return pids


def _used(pids: Sequence[int]) -> float:
    """Seconds of processor time, in the kernel too, that they have used so far."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS
