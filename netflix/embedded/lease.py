"""Used by processes that need a server."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from netflix.embedded.errors import EmbeddedError
from netflix.embedded.rundir import RunDir, try_lock

_REVIVAL_SECONDS = 3.0
_PATIENCE = 1000.0  # seconds; the keeper gives up sooner, with an error
_SILENT_FOR = 15.0  # seconds of waiting without a message


class Lease:
    """Keeps a server running while it is held; starts a keeper if there is none."""

    def __init__(self, kind: str, data_dir: Path) -> None:
        self._kind = kind
        self._run = RunDir(data_dir, kind)
        self._users: int | None = None
        self._revived_at = 0.0

    def __enter__(self) -> Self:
        self._run.make()
        users = os.open(self._run.users_lock, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper exits
        self._users = users
        try:
            self._start_keeper_if_missing()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def url(self) -> str:
        """Wait until the server answers, and return its URL. Raises EmbeddedError if it does not start."""
        started_at, is_reported = time.monotonic(), False
        while time.monotonic() < started_at + _PATIENCE:
            if not is_reported and time.monotonic() > started_at + _SILENT_FOR:
                sys.stderr.write(f"Waiting for {self._kind}; {self._run.log} says what it does ...\n")
                is_reported = True
            if url := self._run.url():
                return url
            if error := self._run.error():
                raise EmbeddedError(error)
            self._start_keeper_if_missing()
            time.sleep(0.02)
        raise EmbeddedError(f"{self._kind} did not start within {_PATIENCE:.0f} seconds; see {self._run.log}")

    def revive(self) -> None:
        """Start a keeper if there is none, at most one every few seconds. Does not wait for the server."""
        if time.monotonic() > self._revived_at + _REVIVAL_SECONDS and self._start_keeper_if_missing():
            self._revived_at = time.monotonic()

    def _start_keeper_if_missing(self) -> bool:
        """Take the keeper's lock, and pass it to the new keeper as an open file. False if another process has it."""
        lock = try_lock(self._run.keeper_lock)
        if lock is None:
            return False
        try:
            self._run.forget()
            with self._run.log.open("ab") as log:
                subprocess.Popen(
                    [sys.executable, "-m", "netflix.embedded.keeper", self._kind, str(self._run.data_dir), str(lock)],
                    cwd=Path(__file__).parents[2],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C in this terminal must not stop the servers
                    pass_fds=[lock],
                )
        finally:
            os.close(lock)
        return True
