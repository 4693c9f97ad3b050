"""The web server as operators run it: silent clients, workers that hang, limits of the machine."""

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from netflix.tests.servers import answers, web_server
from netflix.watchdog import Watchdog

SILENT, UNFINISHED = 5000, 500
HEADERS = b"GET /api/v1/movies/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = (
    b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\n\r\n{"
)


@contextmanager
def open_files(wanted):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < wanted:
        pytest.skip(f"This machine allows a process {before[1]} open files only.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def workers_of(log):
    return [int(line.rpartition(" ")[2]) for line in log.read_text().splitlines() if "Spawning worker-" in line]


def eventually(condition, log):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.mark.slow
def test_it_answers_beside_thousands_of_silent_clients_and_closes_them(transactional_db, tmp_path):
    log = tmp_path / "log"
    with (
        open_files(SILENT + 2 * UNFINISHED + 500),
        web_server(log, workers=2) as port,
        ExitStack() as held,
    ):
        first = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
        for text in [b""] * SILENT + [HEADERS, BODY] * UNFINISHED:
            client = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            client.sendall(text)
        for path in ("/readyz", "/api/v1/movies/", "/api/v1/genres/"):
            eventually(lambda path=path: answers(port, path), log)
        assert not select.select([first], [], [], 0)[0]  # they had to wait for nobody to be closed
        for path in ("/healthz", "/readyz", "/api/v1/movies/", "/api/v1/genres/") * 10:
            eventually(lambda path=path: answers(port, path), log)
        silent = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
        assert silent.recv(1) == b""  # it is closed, and the test does not run into its own time limit


@pytest.mark.slow
def test_it_replaces_a_worker_that_hangs(transactional_db, tmp_path):
    log = tmp_path / "log"
    with web_server(log, workers=2) as port:
        eventually(lambda: log.read_text().count("Started worker-") == 2, log)
        hanging, _ = workers_of(log)
        os.kill(hanging, signal.SIGSTOP)
        eventually(lambda: len(workers_of(log)) == 3, log)
        assert all(answers(port) for _ in range(20))
        assert f"Killing worker {hanging}" in log.read_text()


def test_it_kills_only_a_worker_without_a_heartbeat(tmp_path):
    alive, hanging, starting = (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in "123"
    )
    signs = {process.pid: tmp_path / str(process.pid) for process in (alive, hanging)}
    for file in signs.values():
        file.touch()
    watchdog = Watchdog(tmp_path, lambda: [alive.pid, hanging.pid, starting.pid, None])
    try:
        for look in range(130):
            os.utime(signs[alive.pid], (look + 1, look + 1))
            watchdog.check()
            if look == 30:
                assert hanging.wait(10) == -signal.SIGKILL
                assert (alive.poll(), starting.poll()) == (None, None)
        assert starting.wait(10) == -signal.SIGKILL
        assert alive.poll() is None
    finally:
        for process in (alive, hanging, starting):
            process.kill()
            process.communicate()


def test_it_kills_no_worker_when_the_folder_of_heartbeats_is_gone(tmp_path):
    folder = tmp_path / "heartbeats"
    folder.mkdir()
    worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watchdog = Watchdog(folder, lambda: [worker.pid])
    try:
        (folder / str(worker.pid)).touch()
        watchdog.check()
        (folder / str(worker.pid)).unlink()
        folder.rmdir()
        for _ in range(130):
            watchdog.check()
        worker.communicate(b"\n", timeout=10)
        assert worker.returncode == 0
    finally:
        worker.kill()
        worker.wait()


def test_it_holds_fewer_connections_and_says_so_where_few_files_may_be_open():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600))\n"
        "from netflix import web; print(web.allowed_connections())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "344"
    assert "at most 344 connections" in run.stderr


def test_it_holds_all_connections_where_only_the_soft_limit_of_open_files_is_low():
    code = (
        "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (256, r.getrlimit(r.RLIMIT_NOFILE)[1]))\n"
        "from netflix import web; print(web.allowed_connections())"
    )
    with open_files(9000):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == ("8192", "")
