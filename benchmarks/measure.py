"""Measures a server under load, and the processor time that it and its database use."""

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
_A_SECOND = 10  # calls of `Scenarios.calls_beside`


@dataclass(frozen=True, slots=True)
class Measurement:
    """Times in milliseconds, processor time in microseconds per request, and the share of 304 among the answers."""

    rate: float
    p50: float
    p99: float
    application: float
    database: float
    errors: int
    not_modified: float | None = None


def measure(server: Server, database: Database, scenarios: Scenarios, scenario: str, seconds: float) -> Measurement:
    """Measure one scenario on one server, after a second of warm-up."""

    def loaded(seconds: float) -> Load:
        calls = scenarios.calls(scenario, server, seconds)
        done = load(server.url, calls, seconds, count_304=scenario in CONDITIONAL)
        scenarios.called(scenario, done.requests + CONNECTIONS)  # each connection may have sent one more
        return done

    with beside(server.url, scenarios.calls_beside(scenario), _A_SECOND):
        loaded(_WARM_UP)
        application, backends = _used(_tree(server.pid)), {pid: _used([pid]) for pid in _backends(database)}
        result = loaded(seconds)
    in_database = sum(_used([pid]) - backends[pid] for pid in _backends(database) if pid in backends)
    application, in_database = (
        seconds * 1e6 / max(result.requests, 1) for seconds in (_used(_tree(server.pid)) - application, in_database)
    )
    rate = result.requests / result.seconds
    return Measurement(rate, result.p50, result.p99, application, in_database, result.errors, result.not_modified)


def _backends(database: Database) -> list[int]:
    """The process ids of all connections to the database except our own."""
    rows = database.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", database.name
    )
    return [int(str(pid)) for (pid,) in rows]


def _tree(pid: int) -> list[int]:
    """A process and its descendants."""
    pids = [pid]
    for parent in pids:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                pids += map(int, children.read_text().split())
    return pids


def _used(pids: Sequence[int]) -> float:
    """The seconds of processor time, user and system, that these processes have used so far."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS
