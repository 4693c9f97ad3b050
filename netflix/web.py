"""The web server: granian with this project's limits. It replaces workers that hang.

python -m netflix.web [--host HOST] [--port PORT] [--workers N]
"""

import asyncio
import logging
import os
import resource
import signal
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

logger = logging.getLogger("_granian")  # granian's own, for the same format

# Connections that one worker holds, and that wait to be accepted. Idle ones count too; below a few thousand, a single
# client could keep all others out.
_MOST_CONNECTIONS, _BACKLOG = 8192, 16384
# Other files that a worker may open: connections to the database and Redis, logs.
_OTHER_FILES = 256
# How long a client may send nothing, or headers that do not end, before the connection is closed. HTTP/2 has no such
# limit in granian, so it is switched off: browsers speak it only with TLS, to the proxy in front.
_HEADER_SECONDS = 15
_KILL_SECONDS = 10  # a worker ignores the signal to stop while it starts

_SIGN_SECONDS = 1.0  # from one sign of life of a worker to the next
_MOST_MISSED = 10  # signs in a row, after which a worker is killed
_MOST_MISSED_AT_START = 120  # before the first: imports take long on slow machines
_FOLDER = "NETFLIX_SIGNS_OF_LIFE"
_START = "NETFLIX_START"  # the same in all workers of a start: netflix/api/caching.py


def serve(*, host: str, port: int, workers: int) -> None:
    """Run the server until a signal stops it. A worker that ends or hangs is replaced."""
    with tempfile.TemporaryDirectory(prefix="netflix-web-") as folder:
        os.environ[_FOLDER] = os.environ[_START] = folder
        server = Granian(
            "netflix.asgi:application",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=workers,
            websockets=False,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_SECONDS * 1000),
            backlog=_BACKLOG,
            backpressure=allowed_connections(),
            respawn_failed_workers=True,
            workers_kill_timeout=_KILL_SECONDS,
        )
        watch = Watch(Path(folder), lambda: [worker.inner.pid for worker in list(server.wrks)])  # type: ignore[attr-defined]  # of the kind with processes
        server.on_startup(lambda: threading.Thread(target=watch.run, daemon=True).start())
        server.serve()


def begin_signs_of_life() -> None:
    """Called in a worker's event loop: touch the worker's file every second, as long as the loop runs."""
    if _FOLDER not in os.environ:  # another ASGI server
        return
    file, loop = Path(os.environ[_FOLDER], str(os.getpid())), asyncio.get_running_loop()

    def sign() -> None:
        with suppress(OSError):
            file.touch()
        loop.call_later(_SIGN_SECONDS, sign)

    sign()


class Watch:
    """Kills workers whose event loop has stopped; granian starts others in their place.

    Counts its own checks instead of seconds, so that a pause of the whole machine does not kill workers.
    """

    def __init__(self, folder: Path, pids: Callable[[], Iterable[int | None]]) -> None:
        self._folder = folder
        self._pids = pids
        self._missed: dict[int, tuple[int, int]] = {}  # by process: its last sign, and how often it was the same

    def run(self) -> None:
        while True:
            time.sleep(_SIGN_SECONDS)
            self.look()

    def look(self) -> None:
        """Check for a new sign of each worker. Without the folder no worker can give one, so none is killed."""
        if not self._folder.is_dir():  # temporary files were deleted
            return
        for pid in self._pids():
            if pid is None:
                continue
            file = self._folder / str(pid)
            sign = file.stat().st_mtime_ns if file.exists() else 0
            if self._count_missed(pid, sign) >= (_MOST_MISSED if sign else _MOST_MISSED_AT_START):
                logger.error("Killing worker %s, which does not react any more", pid)
                file.unlink(missing_ok=True)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _count_missed(self, pid: int, sign: int) -> int:
        last, missed = self._missed.get(pid, (sign, 0))
        missed = missed + 1 if sign == last else 0
        self._missed[pid] = sign, missed
        return missed


def allowed_connections() -> int:
    """How many connections the limit of open files allows a worker. Importing granian has raised the limit already."""
    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY or files >= wanted:
        return _MOST_CONNECTIONS
    allowed = max(files - _OTHER_FILES, files // 2)
    logger.warning(
        "A process may open %s files, so each worker holds at most %s connections instead of %s. Raise the limit: "
        "ulimit -n %s, LimitNOFILE= of systemd, or --ulimit nofile= of Docker.",
        files, allowed, _MOST_CONNECTIONS, wanted,
    )  # fmt: skip
    return allowed


def main() -> None:
    parser = ArgumentParser(prog="python -m netflix.web", description="Run the web server until it is told to stop.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on, such as 0.0.0.0 or ::1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2, help="processes; each answers requests in one thread")
    options = parser.parse_args()
    serve(host=options.host.strip("[]"), port=options.port, workers=options.workers)


if __name__ == "__main__":
    main()
