"""A real PostgreSQL and a real Redis for the first minute, started when no URL names yours.

Each server has one keeper process. Every process that uses the server holds a shared lock on a file, which the kernel
releases however the process ends. When no process holds it, the keeper stops the server and exits. So processes share
servers, and no server is left running.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from netflix import dotenv
from netflix.embedded.binaries import check_wish
from netflix.embedded.errors import EmbeddedError
from netflix.embedded.lease import Lease

__all__ = ["EmbeddedError", "data_dir", "missing", "revive", "servers"]

VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
_held: list[Lease] = []
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
    needed = missing()
    check_wish()
    with ExitStack() as stack:
        leases = {kind: stack.enter_context(Lease(kind, data_dir())) for kind in needed}
        for kind, lease in leases.items():
            os.environ[VARIABLES[kind]] = lease.url()
        _held.extend(leases.values())
        try:
            yield
        finally:
            for kind in needed:
                del os.environ[VARIABLES[kind]]
                _held.remove(leases[kind])


def revive() -> None:
    """For long-running processes: restart the keepers of the servers in use if they were killed.

    The servers get the same addresses as before.
    """
    for lease in _held:
        lease.revive()


def _read_dotenv() -> None:
    try:
        dotenv.load(_BASE_DIR / ".env")
    except dotenv.DotenvError as error:
        raise EmbeddedError(str(error)) from error
