"""A real PostgreSQL and a real Redis for the first minute, started when no URL says where yours are.

Each server has one keeper process. Whoever needs the server holds a shared lock on a file; the kernel takes the lock
back however its holder ends, and when nobody holds it any more the keeper stops the server and leaves. So servers are
shared by everything that runs at once, and none is ever left behind.
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
    """Where everything lives that this installation writes: DATA_DIR, else `var/` beside manage.py."""
    _read_dotenv()
    return Path(os.environ.get("DATA_DIR") or _BASE_DIR / "var").resolve()


def missing() -> list[str]:
    """The servers that have no URL in the environment."""
    _read_dotenv()
    return [kind for kind, variable in VARIABLES.items() if not os.environ.get(variable)]


@contextmanager
def servers() -> Iterator[None]:
    """Sees to it that DATABASE_URL and REDIS_URL are in the environment, and answer, for as long as it lasts.

    A variable that is set is left alone. Raises EmbeddedError with a sentence for a person.
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
    """For who runs long: see to it that the servers held have a keeper, should theirs have been killed.

    They come back at the same addresses.
    """
    for lease in _held:
        lease.revive()


def _read_dotenv() -> None:
    try:
        dotenv.load(_BASE_DIR / ".env")
    except dotenv.DotenvError as error:
        raise EmbeddedError(str(error)) from error
