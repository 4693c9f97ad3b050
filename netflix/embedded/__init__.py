"""A real PostgreSQL and a real Redis for the first minute, started when no URL names yours.

Processes share servers. Each that uses one shares a lock on a file, which the kernel releases however the process ends.
The first one starts a keeper: a process that starts the server, and stops it when the users' lock is free.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netflix import dotenv
from netflix.embedded.binaries import wanted_binaries
from netflix.embedded.errors import EmbeddedError
from netflix.embedded.lease import Lease

__all__ = ["EmbeddedError", "data_dir", "missing", "revive", "servers"]

VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
_leases: list[Lease] = []
_BASE_DIR = Path(__file__).resolve().parents[2]


def data_dir() -> Path:
    """The folder for all files that this installation writes: DATA_DIR, or `var/` beside manage.py."""
    _read_dotenv()
    return Path(os.environ.get("DATA_DIR") or _BASE_DIR / "var").resolve()


def missing() -> list[str]:
    """The servers that have no URL in the environment."""
    _read_dotenv()
    return [kind for kind, variable in VARIABLES.items() if not os.environ.get(variable)]


@contextmanager
def servers() -> Iterator[None]:
    """Start the servers that have no URL in the environment, and set their URLs for as long as the context lasts.

    Raises EmbeddedError with a message for people.
    """
    wanted_binaries()
    leases = {kind: Lease(kind, data_dir()) for kind in missing()}
    try:
        for lease in leases.values():
            lease.begin()
        os.environ |= {VARIABLES[kind]: lease.wait_for_url() for kind, lease in leases.items()}
        _leases.extend(leases.values())
        yield
    finally:
        for kind, lease in leases.items():
            lease.close()
            os.environ.pop(VARIABLES[kind], None)
        _leases.clear()


def revive() -> None:
    """For long-running processes: start the servers in use again, at the same URLs, if they were killed."""
    for lease in _leases:
        lease.revive()


def _read_dotenv() -> None:
    try:
        dotenv.load(_BASE_DIR / ".env")
    except dotenv.DotenvError as error:
        raise EmbeddedError(str(error)) from error
