"""The whole stack in one command, as bootstrap.sh ends with it: real processes on a free port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest


@pytest.fixture
def environment(tmp_path):
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "MAX_MOVIES")
    }
    return kept | {"DATA_DIR": str(tmp_path / "data")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def start(environment, *arguments, **options):
    command = [sys.executable, "manage.py", "start", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )


def read_until(process, words):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def left_over(*marks):
    listed = subprocess.run(["ps", "-ww", "-eo", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if any(mark in line for mark in marks) and not line.startswith("Z")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_serves_the_sample_until_it_is_stopped_and_leaves_no_process(environment, number):
    port = free_port()
    process = start(environment | {"PORT": port, "MAX_MOVIES": "10"})
    try:
        shown = read_until(process, "Press Ctrl-C")
        assert "created 10, updated 0" in shown
        assert re.search(r"admin +\S{12} ", shown)
        with urlopen(f"http://127.0.0.1:{port}/api/v1/movies/") as answer:
            assert answer.status == 200
        with urlopen(f"http://127.0.0.1:{port}/static/admin/css/base.css") as answer:
            assert answer.status == 200
    finally:
        process.send_signal(number)
        process.communicate(timeout=60)
        code = process.returncode
    assert code == (-9 if number == signal.SIGKILL else 0)
    deadline = time.monotonic() + 30
    while (left := left_over(environment["DATA_DIR"], f"--port {port}")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_it_refuses_a_port_that_is_none(environment, port):
    process = start(environment | {"PORT": port})
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is not a port" in shown


def test_it_says_that_the_port_is_taken(environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(environment | {"PORT": str(taken.getsockname()[1])})
        shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be used" in shown
