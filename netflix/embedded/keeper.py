"""The process that owns one embedded server: starts it, restarts it, and stops it when no process uses it."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from netflix.embedded.errors import EmbeddedError
from netflix.embedded.postgres import Postgres
from netflix.embedded.redis_server import Redis
from netflix.embedded.rundir import RunDir

_POLL_SECONDS = 0.1
_QUICK_DEATH_SECONDS = 10.0
_MOST_QUICK_DEATHS = 5
_SERVERS: dict[str, type[Postgres] | type[Redis]] = {"postgres": Postgres, "redis": Redis}


def keep(kind: str, data_dir: Path) -> None:
    """Run the server while any process holds the users' lock. Raises EmbeddedError if it cannot run."""
    run = RunDir(data_dir, kind)
    users = os.open(run.users_lock, os.O_RDWR)
    server = _SERVERS[kind](run)
    try:
        server.start()
        run.announce(server.url)
        _watch(server, users)
    finally:
        run.forget()
        server.stop()


def _watch(server: Postgres | Redis, users: int) -> None:
    started, quick_deaths = time.monotonic(), 0
    while not _is_free(users):
        time.sleep(_POLL_SECONDS)
        if server.is_running():
            continue
        quick_deaths = quick_deaths + 1 if time.monotonic() - started < _QUICK_DEATH_SECONDS else 1
        if quick_deaths > _MOST_QUICK_DEATHS:
            raise EmbeddedError("The server died again and again; its log says why.")
        server.start()
        started = time.monotonic()


def _is_free(users: int) -> bool:
    """Whether no process uses the server. Then we hold the lock until we exit, and new users start another keeper."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit


def main() -> None:
    kind, data_dir, _lock = sys.argv[1:]  # a file descriptor that only has to stay open
    signal.signal(signal.SIGTERM, _exit)
    try:
        keep(kind, Path(data_dir))
    except (EmbeddedError, OSError, ValueError, subprocess.SubprocessError) as error:
        RunDir(Path(data_dir), kind).fail(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
