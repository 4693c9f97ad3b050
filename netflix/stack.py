"""The processes of the service, run together on one machine."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management.base import CommandError

from netflix import embedded
from netflix.api.circuit_breakers import BROKER_ERRORS
from netflix.celery import app as celery
from netflix.embedded.processes import dies_with_parent

_SHORTEST_WAIT, _LONGEST_WAIT = 1.0, 30.0  # seconds from one start of a process to the next, doubled each time
_LONGEST_LOG = 10_000_000  # bytes
_STABLE = 60.0  # seconds after which the wait of a process is the shortest again
_PATIENCE = 30.0  # seconds for the web server to answer, and for each process to end


class Stack:
    """Web, workers and scheduler as child processes, each with a log file; none outlives `stop`.

    `say` is called with messages for people.
    """

    def __init__(self, logs: Path, say: Callable[[str], object]) -> None:
        self._logs = logs
        self._say = say
        self._commands: dict[str, list[str]] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._waits: dict[str, float] = {}
        self._told_to_stop = threading.Event()
        self._last_error = ""

    def start(self, host: str, port: str) -> None:
        """Start all processes, and return when the web server and the worker of technical support answer.

        Raises CommandError if the web server does not answer; tickets can wait for the worker.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._logs.chmod(0o700)  # logs contain personal data
        self._commands = commands(port, self._logs.parent, host=host)
        self._run("web")  # first and alone: a person is waiting for it
        self._wait_for_web(_own_address(host), int(port))
        for name in self._commands:
            if name != "web":
                self._run(name)
        self._wait_for_support()

    def wait(self) -> None:
        """Restart processes that end, each time after a longer wait, until a signal to stop."""
        while not self._told_to_stop.wait(0.2):
            self._check_processes()

    def stop(self) -> None:
        """Terminate every process, and kill those that do not end in time."""
        self._say("Stopping ...")
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)  # the process and its children
                child.wait()

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _check_processes(self) -> None:
        try:
            embedded.revive()
            for name, child in self._children.items():
                if child.poll() is not None:
                    self._restart(name, child)
            self._cut_long_logs()
        except (OSError, embedded.EmbeddedError) as error:  # such as a full disk: it may be temporary
            if self._last_error != str(error):
                self._say(f"Trouble: {error}")
            self._last_error = str(error)

    def _cut_long_logs(self) -> None:
        """Keep at most two log files for each process: the current one, and the one before."""
        for log in map(self.log_of, self._children):
            if log.stat().st_size > _LONGEST_LOG:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)  # the process appends

    def _restart(self, name: str, ended: subprocess.Popen[bytes]) -> None:
        now = time.monotonic()
        if name not in self._waits or now - self._started_at[name] > _STABLE:
            self._waits[name] = _SHORTEST_WAIT
        if now < self._started_at[name] + self._waits[name]:
            return
        self._waits[name] = min(2 * self._waits[name], _LONGEST_WAIT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(ended.pid, signal.SIGKILL)  # children that it left hold its port
        self._say(f"{name} ended by itself ({ended.returncode}) and is begun again; {self.log_of(name)} says why.")
        self._run(name)

    def _run(self, name: str) -> None:
        self._started_at[name] = time.monotonic()
        with self.log_of(name).open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *self._commands[name]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for this process, which stops the others in order
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  # this process has one thread
            )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._told_to_stop.set()

    def _wait_for_web(self, host: str, port: int) -> None:
        for _ in _attempts():
            if self._told_to_stop.is_set():
                return
            if self._children["web"].poll() is not None:
                break
            with (
                contextlib.suppress(OSError, HTTPException),
                closing(HTTPConnection(host, port, timeout=2)) as web,
            ):
                web.request("GET", "/healthz")  # not by urllib, which would use a proxy from the environment
                web.getresponse()
                return
        raise CommandError(f"The web server does not answer; {self.log_of('web')} says why.")

    def _wait_for_support(self) -> None:
        node = f"{settings.SUPPORT_QUEUE}@{socket.gethostname()}"
        for _ in _attempts():
            self._check_processes()  # people use the web server already
            with contextlib.suppress(*BROKER_ERRORS):
                if self._told_to_stop.is_set() or celery.control.ping(destination=[node], timeout=0.5):
                    return


def _attempts() -> Iterator[None]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.1)


def _own_address(listening: str) -> str:
    """An address of this machine for a server that listens on this one."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listening, listening)  # noqa: S104  # does not listen


def commands(port: str, data_dir: Path, *, host: str = "127.0.0.1") -> dict[str, list[str]]:
    """The arguments of `python -m` for each process."""
    return {
        "web": ["netflix.web", "--host", host, "--port", port],
        "worker": ["celery", "--app", "netflix", "worker", "--concurrency", "1", "--loglevel", "INFO"],
        "imports": [
            "celery", "--app", "netflix", "worker", "--pool", "solo", "--loglevel", "INFO",
            "--queues", settings.IMPORT_QUEUE, "--without-mingle", "--hostname", f"{settings.IMPORT_QUEUE}@%h",
        ],
        "technical-support": [
            "celery", "--app", "netflix", "worker", "--concurrency", "1", "--loglevel", "INFO",
            "--queues", f"{settings.SUPPORT_QUEUE},{settings.SUPPORT_CLOCK_QUEUE}", "--without-mingle",
            "--hostname", f"{settings.SUPPORT_QUEUE}@%h",
        ],
        "scheduler": [
            "celery", "--app", "netflix", "beat", "--loglevel", "INFO",
            "--schedule", str(data_dir / "run" / "schedule"), "--pidfile", "",
        ],
    }  # fmt: skip
