"""PostgreSQL servers of a test's own, with a copy of the test's database."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from netflix.embedded import EmbeddedError
from netflix.embedded.binaries import find_postgres
from netflix.embedded.processes import server_account, start, stop
from netflix.tests.deploying.neighbours import block, wait_until
from netflix.tests.servers import free_port, url_of_the_test_database


def needs_postgres() -> pytest.MarkDecorator:
    """Skips the tests of a file on a machine that has PostgreSQL elsewhere only."""
    try:
        find_postgres()
    except EmbeddedError as error:
        return pytest.mark.skip(reason=str(error))
    return pytest.mark.slow


class Cluster:
    def __init__(self, folder: Path, name: str) -> None:
        self.port = free_port()
        self._programs, _ = find_postgres()
        self._account = server_account()
        self._folder, self.data = folder / name, folder / name / "data"
        self._log = folder / f"{name}.log"
        self._account.make_folder(self._folder)

    def url(self, *others: "Cluster", database: str = "netflix") -> str:
        hosts = ",".join(f"127.0.0.1:{cluster.port}" for cluster in (self, *others))
        return f"postgres://netflix@{hosts}/{database}"

    def run(self, program: str, *arguments: str | Path) -> None:
        """As the account that the data belongs to."""
        assert self._start(program, *arguments).wait(300) == 0, self._log.read_text()

    def make(self) -> None:
        self.run(
            "initdb", "-D", self.data, "-U", "netflix", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"
        )

    def copy(self, primary: "Cluster") -> None:
        """Becomes its standby."""
        where = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "netflix")
        self.run("pg_basebackup", "-D", self.data, *where, "-R", "-X", "stream", "-c", "fast", "--no-sync")

    @contextmanager
    def server(self, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
        }
        parts = [part for name, value in (options | settings).items() for part in ("-c", f"{name}={value}")]
        process = self._start("postgres", "-D", self.data, *parts)
        try:
            wait_until(self._answers, self._log)
            yield process
        finally:
            stop(process, signal.SIGINT)

    def execute(self, sql: str, database: str = "netflix") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database=database), autocommit=True) as session:
            answer = session.execute(sql)
            return answer.fetchall() if answer.description else []

    def restore_the_test_database(self) -> None:
        """As the page says."""
        self.execute("CREATE DATABASE netflix", "postgres")
        urls = {"DATABASE_URL": url_of_the_test_database(), "NEW_DATABASE_URL": self.url()}
        path = f"{self._programs}:{os.environ['PATH']}"
        subprocess.run(
            ["bash", "-euc", block("bash")],
            cwd=self._folder,
            env=os.environ | urls | {"PATH": path},
            check=True,
            timeout=300,
        )

    def _start(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return start(
                [self._programs / program, *arguments], account=self._account, death_signal=signal.SIGINT, output=log,
                needed_files=[self.data, self._programs / program],
            )  # fmt: skip

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            return bool(self.execute("SELECT 1", "postgres"))
        return False
