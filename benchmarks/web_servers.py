"""Compares the bridge (ADR 9) with granian's own WSGI: speed, and answers while slow clients are connected.

    apt-get install wrk
    .venv/bin/python -m netflix.embedded .venv/bin/python benchmarks/web_servers.py [SECONDS]

Creates a database with the sample of films, and drops it at the end. The servers are measured in turn; each figure is
the median of three runs. At the end 50 ordinary requests are timed while 200 clients send slow bodies and 200 slow
headers.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.test.runner import DiscoverRunner  # noqa: E402

from netflix.tests.servers import free_port, url_of_the_test_database  # noqa: E402

PATHS = {
    "/healthz": "/healthz",
    "a 404 of Django": "/nothing",
    "list by genre": "/api/v1/movies/?genre=Drama",
    "details": "/api/v1/movies/1/",
}
SERVERS = {
    "granian WSGI": [
        "granian", "--interface", "wsgi", "--blocking-threads", "1", "--no-ws", "netflix.wsgi:application",
    ],
    "bridge on ASGI": ["netflix.web"],
}  # fmt: skip
SLOW = 200


@contextmanager
def server(arguments: list[str]) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", *arguments, "--port", str(port), "--workers", "2"]
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database(), "LOG_LEVEL": "WARNING", "THROTTLES": "off"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/api/v1/movies/", timeout=5):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def per_second(port: int, path: str, seconds: float) -> float:
    url = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "-t1", "-c16", f"-d{seconds:.0f}s", url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec: +([\d.]+)", shown).group(1))  # type: ignore[union-attr]


def beside_slow_ones(port: int) -> str:
    body = (
        b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100000\r\n\r\n{"
    )
    headers = b"GET /api/v1/movies/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    times = []
    with ExitStack() as stack:
        for text in [body, headers] * SLOW:
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(text)
        for place in range(50):
            path = ("/healthz", "/api/v1/movies/?genre=Drama")[place % 2]
            started_at = time.monotonic()
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                times.append(time.monotonic() - started_at)
    p50 = f"{median(times) * 1000:.1f} ms" if times else "none"
    return f"{len(times)} of 50 answered, p50 {p50}"


def main(seconds: float) -> None:
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        call_command("import_movies", verbosity=0)
        with ExitStack() as stack:
            ports = {name: stack.enter_context(server(arguments)) for name, arguments in SERVERS.items()}
            for title, path in PATHS.items():
                rates: dict[str, list[float]] = {name: [] for name in SERVERS}
                for _ in range(3):
                    for name, port in ports.items():
                        rates[name].append(per_second(port, path, seconds))
                plain, *others = (median(rates[name]) for name in SERVERS)
                bridge = ", ".join(f"{rate:,.0f} ({rate / plain:.2f})" for rate in others)
                print(f"{title:<16}{plain:>9,.0f}/s granian WSGI, with the bridge {bridge}")
            for name, port in reversed(ports.items()):
                print(f"{name:<16}beside {SLOW} slow bodies and {SLOW} slow headers: {beside_slow_ones(port)}")
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
