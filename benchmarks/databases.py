"""The databases of the benchmarks: one for each size of catalogue, on the server of DATABASE_URL."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


class Logins(NamedTuple):
    """Tokens of viewers, who like nothing yet, and of readers, who have their own lists."""

    viewers: list[str]
    readers: list[str]


class Database:
    """A database with a catalogue of this many films."""

    def __init__(self, movies: int) -> None:
        self.movies = movies
        self.name = f"netflix_bench_{movies}"
        self.url = url_of(self.name)

    def make(self) -> None:
        """Create and fill it, unless it exists, is complete, and has all migrations."""
        if self._is_complete():
            return
        create(self.name)
        self._catalogue("fill", str(self.movies))

    def drop(self) -> None:
        drop(self.name)

    def logins(self) -> Logins:
        """Create new tokens, and reset all likes and lists to their first state."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "logins.json"
            self._catalogue("logins", str(file))
            return Logins(**json.loads(file.read_text()))

    def drift(self) -> int:
        """Recompute the rankings; return how many stored rows differed from what the likes give."""
        return int(self._catalogue("drift"))

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def environment(self) -> dict[str, str]:
        return os.environ | {"DATABASE_URL": self.url, "LOG_LEVEL": "WARNING", "THROTTLES": "off"}

    def _is_complete(self) -> bool:
        try:
            done = self.rows("SELECT to_regclass('benchmark_catalogue') IS NOT NULL")
        except psycopg.OperationalError:
            return False
        check = [sys.executable, "manage.py", "migrate", "--check"]
        current = subprocess.run(check, env=self.environment(), capture_output=True, check=False)
        return done == [(True,)] and not current.returncode

    def _catalogue(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "benchmarks.catalogue", *arguments]
        return subprocess.run(command, env=self.environment(), stdout=subprocess.PIPE, text=True, check=True).stdout


def url_of(name: str) -> str:
    """The URL of another database on the server of DATABASE_URL."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def create(name: str) -> None:
    """Create an empty database, in place of one that exists."""
    drop(name)
    _on_server("CREATE DATABASE {}", name)


def drop(name: str) -> None:
    _on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _on_server(statement: str, name: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
