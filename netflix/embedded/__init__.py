"""A real PostgreSQL and a real Redis for trying the project out, used when no URL is set.

Processes share servers. Each that uses one shares a lock on a file, which the kernel releases however the process ends.
The first one starts a supervisor: a process that starts the server, and stops it when the users' lock is free.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netflix import dotenv
from netflix.embedded.binaries import binary_source
from netflix.embedded.errors import EmbeddedError
from netflix.embedded.shared_server import SharedServer

__all__ = ["EmbeddedError", "data_dir", "missing", "revive", "servers"]

VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
_servers: list[SharedServer] = []
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
    binary_source()  # refuses an invalid value, even if no server is needed
    shared = {kind: SharedServer(kind, data_dir()) for kind in missing()}
    try:
        for server in shared.values():
            server.acquire()
        os.environ |= {VARIABLES[kind]: server.wait_for_url() for kind, server in shared.items()}
        _servers.extend(shared.values())
        yield
    finally:
        for kind, server in shared.items():
            server.close()
            os.environ.pop(VARIABLES[kind], None)
        _servers.clear()


def revive() -> None:
    """For long-running processes: start the servers in use again, at the same URLs, if they were killed."""
    for server in _servers:
        server.revive()


def _read_dotenv() -> None:
    try:
        dotenv.load(_BASE_DIR / ".env")
    except dotenv.DotenvError as error:
        raise EmbeddedError(str(error)) from error
