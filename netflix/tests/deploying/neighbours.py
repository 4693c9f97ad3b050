"""What the tests of docs/deploying.md share: programs of other people, and our own processes beside them."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from netflix.tests.servers import url_of_the_test_database

_PATIENCE = 60  # seconds


def needs(program: str, package: str) -> pytest.MarkDecorator:
    """Skips the tests of a file on a machine without the program."""
    return pytest.mark.skipif(
        not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/lib/rabbitmq/bin"),
        reason=f"{program} is not installed: apt-get install {package}",
    )


def block(language: str) -> str:
    """The block of this language on the page, so that the tests run what the page shows."""
    page = (settings.BASE_DIR / "docs" / "deploying.md").read_text()
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
def web(port: int, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A web server, which does not have to answer yet."""
    command: list[str | Path] = [
        sys.executable, "-m", "granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--no-ws", "netflix.rsgi:application",
    ]  # fmt: skip
    with running(command, log, **({"DATABASE_URL": url_of_the_test_database()} | environment)) as process:
        yield process


@contextmanager
def support_worker(log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    command: list[str | Path] = [
        sys.executable, "-m", "celery", "--app", "netflix", "worker", "--pool", "solo", "--loglevel", "INFO",
        "--queues", settings.SUPPORT_QUEUE,
    ]  # fmt: skip
    with running(command, log, **({"DATABASE_URL": url_of_the_test_database()} | environment)) as process:
        yield process


def call(port: int, method: str, path: str, body: object = None, token: str = "") -> tuple[int, Any]:
    """Status and JSON of an answer; 0 when there is none."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
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


def answers(port: int, path: str = "/readyz") -> bool:
    return call(port, "GET", path)[0] == 200
