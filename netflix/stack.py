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
from collections.abc import Callable
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

_MIN_BACKOFF, _MAX_BACKOFF = 1.0, 30.0  # seconds from one start of a process to the next, doubled each time
_STABLE = 60.0  # seconds after which the wait of a process is the shortest again
_MAX_LOG_SIZE = 10_000_000  # bytes
_WEB_TIMEOUT, _SUPPORT_TIMEOUT = 60.0, 30.0  # seconds for them to answer after the start
_STOP_TIMEOUT = 3.5  # seconds for all processes to end; tickets, tasks and imports survive being killed


class Child:
    """A process `python -m ARGUMENTS`, with a log file."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._wait = _MIN_BACKOFF

    def start(self) -> None:
        self._started_at = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C is for this process, which stops the others in order
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  # this process has one thread
            )  # fmt: skip

    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll() if self._process else None

    def restart(self) -> bool:
        """Start it again, each time after a longer wait. False while it has to wait."""
        now = time.monotonic()
        if now > self._started_at + _STABLE:
            self._wait = _MIN_BACKOFF
        if now < self._started_at + self._wait:
            return False
        self._wait = min(2 * self._wait, _MAX_BACKOFF)
        self._kill()  # its own children may still run and occupy its port
        self.start()
        return True

    def terminate(self) -> None:
        if self._process:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait until it has ended, at most until the deadline; then kill what is left of it and its children."""
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, deadline - time.monotonic()))
            self._kill()
            self._process.wait()

    def rotate_log(self) -> None:
        """Keep at most two log files: the current one, and the one before."""
        if self.log.stat().st_size > _MAX_LOG_SIZE:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)  # the process appends

    def _kill(self) -> None:
        """The process and its children."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Stack:
    """Web, workers and scheduler as child processes; none outlives `stop`.

    `say` is called with messages for people.
    """

    def __init__(self, data_dir: Path, host: str, port: str, say: Callable[[str], object]) -> None:
        self._host, self._port = host, int(port)
        self._logs = data_dir / "log"
        self._say = say
        self._children = {
            name: Child(name, arguments, self._logs / f"{name}.log")
            for name, arguments in commands(port, data_dir, host=host).items()
        }
        self._stop_requested = threading.Event()
        self._last_error = ""

    def start(self) -> None:
        """Start all processes, and return when the web server and the worker of technical support answer.

        Raises CommandError if the web server does not answer; tickets can wait for the worker.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.request_stop)
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._logs.chmod(0o700)  # logs contain personal data
        web, support, *others = self._children.values()
        web.start()  # first those that a person waits for
        support.start()
        self._wait_for_web(web)
        self._wait_for_support()
        for child in others:
            child.start()

    def wait(self) -> None:
        """Restart processes that end, until `request_stop` is called."""
        while not self._stop_requested.wait(0.2):
            self._check_processes()

    def request_stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        self._stop_requested.set()

    def stop(self) -> None:
        """Terminate every process, and kill those that do not end in time."""
        self._say("Stopping ...")
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + _STOP_TIMEOUT
        for child in self._children.values():
            child.wait(deadline)

    def _check_processes(self) -> None:
        try:
            embedded.revive()
            for child in self._children.values():
                self._check(child)
            if all(child.exit_code() is None for child in self._children.values()):
                self._last_error = ""
        except (OSError, embedded.EmbeddedError) as error:  # such as a full disk: it may be temporary
            if self._last_error != str(error):
                self._say(f"A process could not be checked or restarted: {error}")
            self._last_error = str(error)

    def _check(self, child: Child) -> None:
        code = child.exit_code()
        if code is not None and child.restart():
            self._say(f"{child.name} ended by itself ({code}) and was restarted; {child.log} says why.")
        if child.log.exists():
            child.rotate_log()

    def _wait_for_web(self, web: Child) -> None:
        deadline = time.monotonic() + _WEB_TIMEOUT
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104  # does not listen
        while time.monotonic() < deadline and web.exit_code() is None and not self._stop_requested.is_set():
            with (
                contextlib.suppress(OSError, HTTPException),
                closing(HTTPConnection(host, self._port, timeout=2)) as connection,
            ):
                connection.request("GET", "/healthz")  # not by urllib, which would use a proxy from the environment
                connection.getresponse()
                return
            time.sleep(0.05)
        if not self._stop_requested.is_set():
            raise CommandError(f"The web server does not answer; {web.log} says why.")

    def _wait_for_support(self) -> None:
        deadline = time.monotonic() + _SUPPORT_TIMEOUT
        node = f"{settings.SUPPORT_QUEUE}@{socket.gethostname()}"
        while time.monotonic() < deadline and not self._stop_requested.is_set():
            self._check_processes()  # people use the web server already
            with contextlib.suppress(*BROKER_ERRORS):
                if celery.control.ping(destination=[node], timeout=0.5):
                    return
            time.sleep(0.05)


def commands(port: str, data_dir: Path, *, host: str = "127.0.0.1") -> dict[str, list[str]]:
    """The arguments of `python -m` for each process, in the order of their start."""
    return {
        "web": ["netflix.web", "--host", host, "--port", port],
        "technical-support": _worker(settings.SUPPORT_QUEUE, settings.SUPPORT_CLOCK_QUEUE),
        "worker": _WORKER,
        "imports": _worker(settings.IMPORT_QUEUE),
        "scheduler": [
            "celery", "--app", "netflix", "beat", "--loglevel", "INFO",
            "--schedule", str(data_dir / "run" / "schedule"), "--pidfile", "",
        ],
    }  # fmt: skip


def _worker(*queues: str) -> list[str]:
    """A worker of these queues, which has the name of the first."""
    return [*_WORKER, "--queues", ",".join(queues), "--without-mingle", "--hostname", f"{queues[0]}@%h"]


# One process each, which does one task at a time. A pool of processes would take over two seconds to end.
_WORKER = ["celery", "--app", "netflix", "worker", "--pool", "solo", "--loglevel", "INFO"]
