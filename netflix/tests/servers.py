"""For tests that start processes of their own."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection

_PATIENCE = 180  # seconds
# Ports below the ephemeral range, from which the system assigns free ports. Each worker of pytest-xdist has a range of
# its own, and each run starts at a random port of it.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = (20_000 + 1_000 * (_WORKER % 12) + n % 1_000 for n in count(secrets.randbelow(1_000)))


@dataclass
class Server:
    """A web server that other tests may have used, too."""

    port: int
    _log: Path
    _end: ExitStack
    _begin: int = 0

    def begin(self) -> None:
        self._begin = self._log.stat().st_size

    def log(self) -> str:
        """What it has logged during this test."""
        return self._log.read_bytes()[self._begin :].decode()

    def stop(self) -> None:
        self._end.close()


class Servers:
    """Web servers on the test's database. Those used last go on running for tests that need the same settings."""

    _MAX_SERVERS = 3

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = 0
        self._running: dict[frozenset[tuple[str, str]], Server] = {}  # in order of their last use

    def serve(self, **environment: str) -> Server:
        key = frozenset(environment.items())
        server = self._running.pop(key, None)
        if server is not None and not answers(server.port):
            server.stop()  # raises AssertionError with its log if it has died; later tests get another
            server = None
        if server is None:
            server = self._start(environment)
        self._running[key] = server
        server.begin()
        return server

    def stop(self, *, but: int = 0) -> None:
        """Stop all but the number of those used last. Raises AssertionError at the end if one did not end well."""
        with ExitStack() as ends:
            while len(self._running) > but:
                ends.callback(self._running.pop(next(iter(self._running))).stop)

    def _start(self, environment: dict[str, str]) -> Server:
        self.stop(but=self._MAX_SERVERS - 1)
        self._started += 1
        log, end = self._folder / f"log{self._started}", ExitStack()
        return Server(end.enter_context(web_server(log, workers=1, **environment)), log, end)


@contextmanager
def web_server(log: Path, *, workers: int = 1, **environment: str) -> Iterator[int]:
    """The web server on the test's database; gives the port. It has to end well."""
    port = free_port()
    command = [sys.executable, "-m", "netflix.web", "--port", str(port), "--workers", str(workers)]
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database()} | environment
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not answers(port):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        status = server.wait(_PATIENCE)
    assert status == 0, log.read_text()


def answers(port: int, path: str = "/healthz") -> bool:
    with (
        suppress(OSError, http.client.HTTPException),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as client,
    ):
        client.request("GET", path)
        return client.getresponse().status == 200
    return False


def free_port() -> int:
    while True:
        with suppress(OSError), socket.socket() as probe:
            port = next(_ports)
            probe.bind(("127.0.0.1", port))
            return port


def url_of_the_test_database() -> str:
    settings = connection.settings_dict
    host = settings["HOST"].replace("/", "%2F")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    login = f"{settings['USER']}:{settings['PASSWORD']}" if settings["PASSWORD"] else settings["USER"]
    return f"postgres://{login}@{host}{port}/{settings['NAME']}"


def environment_of_the_doomed() -> dict[str, str]:
    """For a process that the test will `kill`: on the test's database, where its sessions are known by their name."""
    return os.environ | {
        "DATABASE_URL": url_of_the_test_database(),
        "DJANGO_SETTINGS_MODULE": "netflix.settings",
        "PGAPPNAME": "doomed",
    }


def kill(process: subprocess.Popen[Any]) -> None:
    """At once, and wait until PostgreSQL has noticed: until then its session keeps its locks, and may yet commit."""
    process.kill()
    process.communicate()
    deadline = time.monotonic() + _PATIENCE
    while _sessions_of_the_doomed():
        assert time.monotonic() < deadline, "PostgreSQL has not noticed."
        time.sleep(0.01)


def _sessions_of_the_doomed() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'doomed'"
        )
        return int(cursor.fetchone()[0])
