"""Kills each process of a stack as bootstrap.sh runs it, one after the other, while people open tickets.

The stack has to restart them by itself, within ten seconds each time, or as long as its first start took.
"""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from netflix.secrets import installation_secret
from support.tests.faults.load import Load
from support.tests.faults.world import wait_until

_MAX_SECONDS = 10.0  # seconds from a kill to ready, unless the machine is slow
_PAUSE = 6.0  # seconds from ready to the next kill
_VICTIMS = {
    "web": ["netflix.web", "--port"],
    "technical support": ["celery", "--queues"],
    "scheduler": ["celery", "beat"],
    "PostgreSQL": ["postgres -D"],
    "Redis": ["redis-server"],
    "supervisor of PostgreSQL": ["netflix.embedded.supervisor postgres"],
    "supervisor of Redis": ["netflix.embedded.supervisor redis"],
}


def besiege(folder: Path, *, seconds: float, port: int, show: Callable[[str], None]) -> bool:
    """Return whether it always recovered in time, and every accepted ticket has its order."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"DATA_DIR": str(folder), "MAX_MOVIES": "10"}
    environment |= {"THROTTLE_WRITES": "1000000/min", "THROTTLE_READS": "1000000/min"}
    command = [sys.executable, "manage.py", "start", "--port", str(port)]
    began = time.monotonic()
    with (folder / "output").open("w") as output:
        stack = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        wait_until(lambda: "Press Ctrl-C" in (folder / "output").read_text() and _is_ready(port), patience=300)
        most = max(_MAX_SECONDS, time.monotonic() - began)
        password = installation_secret(folder, "demo_password")
        login = {"username": "demo", "password": password}
        token = _call(port, "POST", "/api/v1/auth/login/", login)["token"]
        slow = []
        time.sleep(_PAUSE)  # its last processes may still be starting
        with Load(port, [token], "siege", int(seconds * 4), 4) as load:
            end = time.monotonic() + seconds
            for name in itertools.takewhile(lambda _: time.monotonic() < end, itertools.cycle(_VICTIMS)):
                before = load.answers.copy()
                took = _kill(name, folder, port)
                show(f"  {name:<24} back after {took:.1f} s   clients see {load.statuses(before)}")
                if took > most:
                    slow.append(name)
                time.sleep(_PAUSE)
        lost = _without_order(port, token, load)
        show(f"siege of {seconds:.0f} s: {len(load.accepted)} of {load.tickets} accepted, {len(lost)} lost")
        return not slow and not lost and len(load.accepted) == load.tickets and stack.poll() is None
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait(300)


def _kill(name: str, folder: Path, port: int) -> float:
    """Kill these processes; return the seconds until the stack was ready again."""
    before = _pids(folder, port, _VICTIMS[name])
    for pid in before:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: bool(_pids(folder, port, _VICTIMS[name]) - before) and _is_ready(port), patience=300)
    return time.monotonic() - killed_at


def _pids(folder: Path, port: int, words: list[str]) -> set[int]:
    """Processes of this stack only, found by their environment, or for Redis by the port in its URL."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    if words == ["redis-server"]:
        words = [f"redis-server 127.0.0.1:{urlsplit((folder / 'run' / 'redis' / 'url').read_text()).port}"]
    named = {int(pid) for pid, stat, text in rows if all(word in text for word in words) and "Z" not in stat}
    return named if "redis-server" in words[0] else {pid for pid in named if str(folder) in _environment(pid)}


def _environment(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_text(errors="replace")
    return ""


def _is_ready(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException, ValueError, KeyError):
        return bool(_call(port, "GET", "/readyz")["redis"] == "ok" and _call(port, "GET", "/api/v1/movies/")["results"])
    return False


def _without_order(port: int, token: str, load: Load) -> set[str]:
    """Accepted tickets that do not exist, or have no order after 90 seconds."""

    def missing() -> set[str]:
        left = set()
        for number in load.accepted.values():
            ticket = _call(port, "GET", f"/api/v1/tickets/{number}/", token=token)
            if not ticket.get("service_order"):
                left.add(number)
        return left

    with suppress(TimeoutError):
        wait_until(lambda: not missing(), patience=90)
    return missing()


def _call(port: int, method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request(method, path, json.dumps(body) if body is not None else None, headers)
        return json.loads(client.getresponse().read())
