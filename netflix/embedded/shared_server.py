"""How processes share a server: it runs as long as one of them uses it."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from netflix.embedded.errors import EmbeddedError
from netflix.embedded.postgres import Postgres
from netflix.embedded.redis_server import Redis
from netflix.embedded.rundir import RunDir, try_lock

SERVERS: dict[str, type[Postgres] | type[Redis]] = {"postgres": Postgres, "redis": Redis}
_REVIVAL_SECONDS = 3.0
_MAX_STARTS = 4
_ANSWER_SECONDS = 5.0
# Messages of PostgreSQL's protocol 3.0: StartupMessage of the user netflix, and Terminate.
_STARTUP_MESSAGE = b"\0\0\0\x27\0\x03\0\0user\0netflix\0database\0netflix\0\0"
_TERMINATE_MESSAGE = b"X\0\0\0\x04"
_MESSAGE_SECONDS = 5.0  # of waiting, from one message to the next


class SharedServer:
    """A handle on a server that is shared between processes.

    The server runs until all handles are closed, or the processes that have them end.
    """

    def __init__(self, kind: str, data_dir: Path) -> None:
        self._run = RunDir(data_dir, kind)
        self._title = SERVERS[kind].title
        self._users_lock: int | None = None  # file descriptor of a lock that all users share
        self._starts = 0
        self._started_at = 0.0

    def acquire(self) -> None:
        """Start the server if it does not run. Raises EmbeddedError."""
        if self._users_lock is None:
            self._users_lock = try_lock(self._run.users_lock, fcntl.LOCK_SH)
        if self._users_lock is not None:  # else a supervisor is stopping the server; `wait_for_url` tries again
            self._start_if_missing()

    def wait_for_url(self) -> str:
        """Wait until the server answers, and return its URL. Raises EmbeddedError."""
        last_message = time.monotonic()
        while self._users_lock is None or not answers(self._run.url):
            self.acquire()
            if time.monotonic() > last_message + _MESSAGE_SECONDS:
                last_message = time.monotonic()
                sys.stderr.write(f"Waiting for {self._title}; {self._run.log} says what it does ...\n")
            time.sleep(0.02)
        return self._run.url

    def close(self) -> None:
        if self._users_lock is not None:
            os.close(self._users_lock)

    def revive(self) -> None:
        """Start the server again if it has ended, at most once every few seconds. Does not wait for it."""
        self._starts = 0
        if time.monotonic() > self._started_at + _REVIVAL_SECONDS:
            self._start_if_missing()

    def _start_if_missing(self) -> None:
        """Start a supervisor, which inherits the server's lock, unless a supervisor or a process of the server has it.

        Raises EmbeddedError if several in a row have ended.
        """
        lock = try_lock(self._run.server_lock)
        if lock is None:
            return
        try:
            if self._starts == _MAX_STARTS:
                raise EmbeddedError(f"{self._title} does not start; {self._run.log} says why.")
            self._starts += 1
            self._started_at = time.monotonic()
            SERVERS[self._run.kind](self._run).prepare()
            self._start_supervisor(lock)
        finally:
            os.close(lock)

    def _start_supervisor(self, lock: int) -> None:
        arguments = [self._run.kind, str(self._run.data_dir), str(lock)]
        with self._run.log.open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "netflix.embedded.supervisor", *arguments],
                cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[lock],
                start_new_session=True,  # Ctrl-C in this terminal must not stop the servers
            )  # fmt: skip


def answers(url: str) -> bool:
    """Whether our server at this URL is ready. Another Redis would refuse the password."""
    where = urlsplit(url)
    try:
        if where.scheme == "redis":
            with socket.create_connection((where.hostname, where.port), timeout=_ANSWER_SECONDS) as connection:
                connection.sendall(f"AUTH {where.password}\r\nPING\r\n".encode())
                return b"+PONG" in connection.recv(100)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.connect(f"{unquote(where.netloc.rpartition('@')[2])}/.s.PGSQL.5432")
            connection.sendall(_STARTUP_MESSAGE)
            is_ready = connection.recv(1) == b"R"
            connection.sendall(_TERMINATE_MESSAGE)
            return is_ready
    except OSError:
        return False
