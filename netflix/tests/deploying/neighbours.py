"""What the tests of docs/deploying.md share: programs of other people, and our own processes beside them."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import pytest
from django.conf import settings

from netflix.tests.servers import free_port, url_of_the_test_database

_PATIENCE = 120  # seconds
_AROUND_NGINX = """
daemon off;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def program(name: str) -> str:
    """Where it is, or "". Debian has servers where only root looks, and a script for RabbitMQ that only root may run."""
    return shutil.which(name, path=f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}:/usr/sbin") or ""


def needs(name: str) -> pytest.MarkDecorator:
    """Skips the tests of a file on a machine without the program, which Debian's package of the same name has."""
    return pytest.mark.skipif(not program(name), reason=f"{name} is not installed: apt-get install {name}")


def block(language: str, *, below: str = "") -> str:
    """The first block of this language on the page below a heading, so that the tests run what the page shows."""
    page = (settings.BASE_DIR / "docs" / "deploying.md").read_text()
    found = re.search(
        rf"^```{language}\n(.*?)^```$", page.partition(below)[2] if below else page, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/deploying.md has no such block: {language} {below}"
    return found[1]


def wait_until(condition: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@contextmanager
def running(command: list[str | Path], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, which ends with the test."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE)


@contextmanager
def nginx(site: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """With these servers, and nothing of the machine's own configuration."""
    file = folder / "nginx.conf"
    file.write_text(_AROUND_NGINX.format(folder=folder, site=site.replace("/var/cache/nginx", str(folder))))
    with running([program("nginx"), "-p", folder, "-c", file], folder / "log") as process:
        yield process


@contextmanager
def web(port: int, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A web server, which does not have to answer yet. What it puts on the queue is for no worker of this machine."""
    command: list[str | Path] = [sys.executable, "-m", "netflix.web", "--port", str(port), "--workers", "1"]
    alone = {"DATABASE_URL": url_of_the_test_database(), "CELERY_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}
    with running(command, log, **(alone | environment)) as process:
        yield process


@contextmanager
def support_worker(log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    command: list[str | Path] = [
        sys.executable, "-m", "celery", "--app", "netflix", "worker", "--pool", "solo", "--loglevel", "INFO",
        "--queues", settings.SUPPORT_QUEUE,
    ]  # fmt: skip
    with running(command, log, **({"DATABASE_URL": url_of_the_test_database()} | environment)) as process:
        yield process


def call(port: int, method: str, path: str, body: object = None, token: str = "", key: str = "") -> tuple[int, Any]:
    """Status and JSON of an answer; 0 when there is none."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    headers |= {"Idempotency-Key": key} if key else {}
    with (
        suppress(OSError, http.client.HTTPException),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client,
    ):
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        said = answer.read()
        is_json = "json" in (answer.getheader("content-type") or "")
        return answer.status, json.loads(said) if said and is_json else None
    return 0, None


def is_ready(port: int) -> bool:
    return call(port, "GET", "/readyz")[0] == 200


class Client:
    """Sends the same request again and again, each time on a new connection, until it is left."""

    def __init__(self, *request: Any) -> None:
        self.answers: list[tuple[int, Any]] = []
        self._request = request
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def statuses(self) -> set[int]:
        return {status for status, _ in self.answers}

    def _ask(self) -> None:
        while not self._over.is_set():
            self.answers.append(self._answer())

    def _answer(self) -> tuple[int, Any]:
        return call(*self._request)


class SureClient(Client):
    """Sends each request with a key of its own, and after a 502 once more, with the same key."""

    def _answer(self) -> tuple[int, Any]:
        key = uuid4().hex
        status, said = call(*self._request, key=key)
        return call(*self._request, key=key) if status == 502 else (status, said)
