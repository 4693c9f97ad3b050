"""The service as in production, on its own servers, which scenarios may kill, freeze and restart."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from netflix.embedded.postgres import Postgres
from netflix.embedded.processes import dies_with_parent
from netflix.embedded.redis_server import Redis
from netflix.embedded.rundir import RunDir, try_lock
from netflix.embedded.shared_server import answers
from netflix.tests.servers import free_port

SUPPORT = "technical-support"


class Servers:
    """A PostgreSQL and a Redis under `folder`, which only scenarios restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.chmod(0o755)  # the servers run as another account when we are root
        self.postgres = Server(Postgres(RunDir(folder, "postgres")))
        self.redis = Server(Redis(RunDir(folder, "redis")))

    def __enter__(self) -> Self:
        self.postgres.start()
        self.redis.start()
        os.environ |= {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url, "DATA_DIR": str(self._folder)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.redis.send_signal(signal.SIGCONT)
        self.redis.stop()
        self.postgres.stop()

    def kill_redis(self, *, lose_data: bool = False) -> None:
        self.redis.send_signal(signal.SIGKILL)
        self.redis.wait()
        if lose_data:
            for file in (self._folder / "redis").iterdir():
                shutil.rmtree(file) if file.is_dir() else file.unlink()

    @contextmanager
    def redis_frozen(self) -> Iterator[None]:
        self.redis.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.redis.send_signal(signal.SIGCONT)

    def restart_postgres_at_once(self) -> None:
        self.postgres.send_signal(signal.SIGQUIT)
        self.postgres.wait()
        self.postgres.start()


class Server:
    """A server that a scenario may kill and start again, at the same URL."""

    def __init__(self, server: Postgres | Redis) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._server.run.url

    def start(self) -> None:
        while (lock := try_lock(self._server.run.server_lock)) is None:
            time.sleep(0.02)  # processes of the killed server are still ending
        self._server.prepare()
        self._process = self._server.launch(lock)
        os.close(lock)
        wait_until(lambda: answers(self.url), patience=120)

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> None:
        assert self._process is not None
        self._process.wait(30)

    def stop(self) -> None:
        assert self._process is not None
        self._server.stop(self._process)
        self._server.clean_up()


class Service:
    """Web server, workers and scheduler, which are restarted when they end, as by a supervisor."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._logs = folder / "log"
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, list[str]] = {}
        self._over = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self.ended_by_itself: list[str] = []
        self._stopped: set[int] = set()  # the pids of processes that a scenario has killed or stopped

    def __enter__(self) -> Self:
        from netflix.stack import commands  # noqa: PLC0415  # reads the settings, which need the servers' URLs

        self._logs.mkdir(parents=True, exist_ok=True)
        self._commands = commands(str(self.port), self._logs.parent)
        for name in self._commands:
            self._start(name)
        self._supervisor.start()
        wait_until(self._is_ready, patience=180)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._supervisor.join()
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # a session of its own: the group is it and its children
            child.wait()

    def kill(self, name: str) -> None:
        """Kill a process and its children; the supervisor restarts it."""
        child = self._children[name]
        self._stopped.add(child.pid)
        os.killpg(child.pid, signal.SIGKILL)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        group = self._children[name].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def drain(self, name: str) -> int:
        """Ask a process to stop; return its exit code."""
        child = self._children[name]
        self._stopped.add(child.pid)
        child.terminate()
        return child.wait(60)

    def log_of(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text(errors="replace")

    def web_workers(self) -> list[int]:
        """The pids of all processes that have answered requests, in the order of their start."""
        lines = self.log_of("web").splitlines()
        return [int(line.rpartition(" ")[2]) for line in lines if "Spawning worker-" in line]

    def _start(self, name: str) -> None:
        with (self._logs / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *self._commands[name]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509
            )

    def _supervise(self) -> None:
        while not self._over.wait(0.1):
            for name, child in list(self._children.items()):
                if child.poll() is None:
                    continue
                if child.pid not in self._stopped:
                    self.ended_by_itself.append(name)
                self._start(name)

    def _is_ready(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
            return b'"warnings": []' in answer.read()
        return False


def wait_until(condition: Callable[[], bool], *, patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {patience} s for nothing.")
        time.sleep(0.02)
