"""The whole stack in one command, as bootstrap.sh ends with it: real processes on a free port."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from redis import Redis

from netflix.stack import Child, Stack
from netflix.tests.meanwhile import eventually
from netflix.tests.servers import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def environment(tmp_path):
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "MAX_MOVIES")
    }
    return kept | {"DATA_DIR": str(tmp_path / "data")}


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


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("number", "setting", "here"),
    [
        (signal.SIGINT, {"PATH_PREFIX": "/netflix"}, "http://localhost:{}/netflix"),
        pytest.param(
            signal.SIGTERM, {"HOST": "[::1]"}, "http://[::1]:{}",
            marks=pytest.mark.skipif(not has_ipv6(), reason="This machine has no IPv6."),
        ),
        (signal.SIGKILL, {"HOST": "0.0.0.0"}, "http://localhost:{}"),
    ],
)  # fmt: skip
def test_it_serves_the_sample_until_it_is_stopped_and_leaves_no_process(environment, number, setting, here):
    port = str(free_port())
    here = here.format(port)
    process = start(environment | {"PORT": port, "MAX_MOVIES": "10", "ALLOWED_HOSTS": ""} | setting)
    try:
        shown = read_until(process, "Press Ctrl-C")
        for path in ("/", "/api/docs/", "/api/v1/", "/admin/"):
            assert f" {here}{path}\n" in shown
        assert ("ALLOWED_HOSTS is not set" in shown) is (setting == {"HOST": "0.0.0.0"})
        assert "created 10, updated 0" in shown
        assert re.search(r"admin +\S{12} ", shown)
        with urlopen(f"{here}/api/v1/movies/?page_size=1") as answer:
            assert json.load(answer)["next"].startswith(f"{here}/api/v1/movies/")
        with urlopen(f"{here}/static/admin/css/base.css") as answer:
            assert answer.status == 200
        support = (Path(environment["DATA_DIR"]) / "log" / "technical-support.log").read_text()
        assert "ready." in support  # who opens a ticket now need not wait for it to get up
    finally:
        process.send_signal(number)
        last, _ = process.communicate(timeout=60)
        code = process.returncode
    assert number == signal.SIGKILL or last.strip().startswith("Stopping ...")
    assert code == (-9 if number == signal.SIGKILL else 0)
    eventually(lambda: not left_over(environment["DATA_DIR"], f"--port {port}"))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"HOST": "192.0.2.7"}, "HOST=192.0.2.7 is no address of this machine"),
        ({"HOST": "x"}, "HOST='x' is not an address to listen on."),
        ({"PORT": "0"}, "PORT='0' is not a whole number from 1 to 65535."),
        ({"PORT": "70000"}, "PORT='70000' is not a whole number from 1 to 65535."),
        ({"PORT": "abc"}, "PORT='abc' is not a whole number from 1 to 65535."),
        ({"MAX_MOVIES": "ten"}, "MAX_MOVIES='ten' is not a whole number from 1 to 9999999."),
    ],
)
def test_it_says_what_is_wrong_before_it_starts_anything(environment, setting, words):
    process = start(environment | {"PORT": str(free_port())} | setting)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert shown.startswith(words)
    assert len(shown.splitlines()) == 1
    assert not Path(environment["DATA_DIR"]).exists()  # so no server was started either


def test_it_says_that_a_file_is_not_there_before_it_starts_anything(environment):
    process = start(environment | {"PORT": str(free_port())}, "--verbosity", "1", "no.csv")
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert shown == "There is no file no.csv that can be read. Give the path of a file of films.\n"
    assert not Path(environment["DATA_DIR"]).exists()


@pytest.mark.parametrize("as_option", [True, False])
def test_it_says_that_the_port_is_taken_before_it_starts_anything(environment, as_option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start(environment, "--port", port) if as_option else start(environment | {"PORT": port})
        shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert shown.startswith(f"Port {port} cannot be used")
    assert not Path(environment["DATA_DIR"]).exists()


def test_it_ends_although_a_process_does_not(environment):
    port = str(free_port())
    process = start(environment | {"PORT": port, "MAX_MOVIES": "10"})
    try:
        read_until(process, "Press Ctrl-C")
        workers = partial(pids, "worker", "--queues imports", begun_by=process.pid)
        eventually(workers)
        for pid in workers():
            os.kill(pid, signal.SIGSTOP)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    eventually(lambda: not left_over(environment["DATA_DIR"], f"--port {port}"))


def pids(*marks, begun_by=None):
    """The processes with these words in their command lines. `begun_by`: only those of this stack, as tests run several."""
    columns = "pid=,ppid=,sess=,stat=,args="
    listed = subprocess.run(["ps", "-ww", "-eo", columns], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 4) for line in listed.splitlines()]
    sessions = {pid for pid, parent, *_ in rows if parent == str(begun_by)}
    return [
        int(pid)
        for pid, _, session, stat, words in rows
        if all(mark in words for mark in marks)
        and not stat.startswith("Z")
        and (begun_by is None or session in sessions)
    ]


def ready(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_it_begins_again_whatever_is_killed(environment):
    """Web, workers, scheduler, the servers and those who keep them: each is back within seconds, by itself."""
    port = str(free_port())
    process = start(environment | {"PORT": port, "MAX_MOVIES": "10"})
    data = environment["DATA_DIR"]
    victims = {
        "web": ["netflix.web", f"--port {port}"],
        "worker": ["worker", "--queues technical-support"],
        "imports": ["worker", "--queues imports"],
        "scheduler": ["beat", data],
        "postgres": ["postgres -D", data],
        "supervisor of postgres": ["netflix.embedded.supervisor postgres", data],
        "supervisor of redis": ["netflix.embedded.supervisor redis", data],
    }
    try:
        read_until(process, "Press Ctrl-C")
        victims["redis"] = [f"redis-server 127.0.0.1:{port_of_redis(data)}"]
        eventually(lambda: ready(port))
        for name, marks in victims.items():
            found = partial(pids, *marks, begun_by=process.pid if name in ("worker", "imports") else None)
            eventually(found)
            before = found()
            for pid in before:
                with suppress(ProcessLookupError):  # it has ended with another of them
                    os.kill(pid, signal.SIGKILL)
            eventually(lambda found=found, before=before: set(found()) - set(before))
            eventually(lambda: ready(port))
            assert process.poll() is None, name
    finally:
        process.send_signal(signal.SIGTERM)
        shown, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    assert "web ended by itself (-9) and was restarted" in shown
    eventually(lambda: not left_over(data, f"--port {port}"))


def test_it_looks_after_the_web_server_while_technical_support_gets_up(environment):
    port = str(free_port())
    process = start(environment | {"PORT": port, "MAX_MOVIES": "10"})
    web, support = (
        partial(pids, *marks, begun_by=process.pid)
        for marks in (["netflix.web", f"--port {port}"], ["worker", "--queues technical-support"])
    )
    try:
        while not support():  # a first start takes as long as it takes
            assert process.poll() is None
            time.sleep(0.05)
        (slow,) = support()
        os.kill(slow, signal.SIGSTOP)
        eventually(lambda: ready(port))
        redis = Redis.from_url((Path(environment["DATA_DIR"]) / "run" / "redis" / "url").read_text())
        eventually(lambda: redis.exists("_kombu.binding.reply.celery.pidbox"))  # it waits for technical support
        before = web()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: set(web()) - set(before))
        eventually(lambda: ready(port))
        os.kill(slow, signal.SIGCONT)
        shown = read_until(process, "Press Ctrl-C")
    finally:
        process.send_signal(signal.SIGTERM)
        last, _ = process.communicate(timeout=90)
    assert "web ended by itself (-9) and was restarted" in shown + last


def port_of_redis(data):
    return urlsplit((Path(data) / "run" / "redis" / "url").read_text()).port


def test_it_ends_what_a_process_that_was_killed_has_left(tmp_path, monkeypatch):
    """A web server that is killed leaves its workers, which hold the port."""
    (tmp_path / "parent.py").write_text(
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {str(tmp_path)!r}])\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = Child("web", ["parent"], tmp_path / "web.log")
    child.start()
    eventually(lambda: child.exit_code() == 0)
    assert left_over(str(tmp_path))
    child.wait(time.monotonic())
    eventually(lambda: not left_over(str(tmp_path)))


def test_it_keeps_logs_short(tmp_path):
    child = Child("web", [], tmp_path / "web.log")
    child.log.write_bytes(b"x" * 10_000_001)
    with child.log.open("ab", buffering=0) as writer:
        child.rotate_log()
        writer.write(b"on it goes")
    assert child.log.read_bytes() == b"on it goes"
    assert child.log.with_suffix(".log.1").stat().st_size == 10_000_001


@pytest.mark.parametrize(("full", "messages"), [([True, True, True], 1), ([True, False, True], 2)])
def test_it_goes_on_when_the_disk_is_full_and_says_so_once_each_time(tmp_path, monkeypatch, full, messages):
    said, checks = [], iter(full)
    stack = Stack(tmp_path, "127.0.0.1", str(free_port()), said.append)

    def revive():
        is_full = next(checks, None)
        if is_full is None:
            stack.request_stop()
        if is_full:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("netflix.embedded.revive", revive)
    stack.wait()
    assert said == ["A process could not be checked or restarted: [Errno 28] No space left on device"] * messages


def test_it_says_once_that_a_process_cannot_be_restarted(tmp_path, monkeypatch):
    """Also between the attempts, when nothing fails."""
    said, rounds = [], []
    stack = Stack(tmp_path, "127.0.0.1", str(free_port()), said.append)

    def revive():
        rounds.append(1)
        if len(rounds) == 6:
            stack.request_stop()

    def restart(child):
        if len(rounds) % 2:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return False

    monkeypatch.setattr("netflix.embedded.revive", revive)
    monkeypatch.setattr(Child, "exit_code", lambda _: 1)
    monkeypatch.setattr(Child, "restart", restart)
    stack.wait()
    assert said == ["A process could not be checked or restarted: [Errno 11] Resource temporarily unavailable"]
