"""Starts the product and its peers, each under granian with two worker processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.request import urlopen

from django.conf import settings

from benchmarks.databases import Database
from netflix.stack import commands
from netflix.tests.servers import free_port

PRODUCT = "product"
_PATIENCE = 60.0  # seconds until a server answers


@dataclass(frozen=True, slots=True)
class Peer:
    """Another implementation; `interface` and `application` are options of granian."""

    interface: str
    application: str
    numbered_pages: bool = False  # `page` is a number, instead of `after` with the last row's keys
    products_sql: bool = False  # it executes the SQL of the product's reads
    most_movies: int | None = None  # for larger catalogues it has to be named


PEERS = {
    "modelviewset": Peer("wsgi", "benchmarks.peers.wsgi:application", numbered_pages=True, most_movies=1000),
    "model_serializer": Peer("wsgi", "benchmarks.peers.wsgi:application"),
    "ninja": Peer("wsgi", "benchmarks.peers.wsgi:application"),
    "fastapi_asyncpg": Peer("asgi", "benchmarks.peers.fastapi_asyncpg:app", products_sql=True),
    "bare_wsgi": Peer("wsgi", "benchmarks.peers.bare_wsgi:application", products_sql=True),
}


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def numbered_pages(self) -> bool:
        return self.name in PEERS and PEERS[self.name].numbered_pages

    @property
    def has_products_sql(self) -> bool:
        return self.name in PEERS and PEERS[self.name].products_sql


@contextmanager
def running(name: str, database: Database) -> Iterator[Server]:
    """Start a server, and stop it after the block. Raises RuntimeError if it does not answer."""
    port = free_port()
    environment = database.environment() | {"BENCHMARK_PEER": name}
    command = [sys.executable, "-m", *_arguments(name, str(port))]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    server = Server(name, port, process.pid)
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _arguments(name: str, port: str) -> list[str]:
    if name == PRODUCT:
        return commands(port, settings.DATA_DIR)["web"]
    peer = PEERS[name]
    threads = ["--blocking-threads", "1"] if peer.interface == "wsgi" else []
    return [
        "granian", "--interface", peer.interface, "--host", "127.0.0.1", "--port", port, "--workers", "2", "--no-ws",
        *threads, peer.application,
    ]  # fmt: skip


def _wait(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urlopen(f"{server.url}/api/v1/genres/", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{server.name} does not answer.")
