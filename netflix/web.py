"""The web server: granian with this project's limits. Workers that hang are replaced: netflix/watchdog.py.

python -m netflix.web [--host HOST] [--port PORT] [--workers N]
"""

import os
import resource
import tempfile
import threading
from argparse import ArgumentParser
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from netflix.watchdog import FOLDER_VARIABLE, Watchdog, logger

# Connections that one worker holds, and that wait to be accepted. Idle ones count too; below a few thousand, a single
# client could keep all others out.
_MAX_CONNECTIONS, _BACKLOG = 8192, 16384
# Other files that a worker may open: connections to the database and Redis, logs.
_OTHER_FILES = 256
# How long a client may send nothing, or headers that do not end, before the connection is closed. HTTP/2 has no such
# limit in granian, so it is switched off: browsers speak it only with TLS, to the proxy in front.
_HEADER_SECONDS = 15
_KILL_SECONDS = 10  # a worker ignores the signal to stop while it starts

_START = "NETFLIX_START"  # the same in all workers of a start: netflix/api/entity_tags.py


def serve(*, host: str, port: int, workers: int) -> None:
    """Run the server until a signal stops it. A worker that ends or hangs is replaced."""
    with tempfile.TemporaryDirectory(prefix="netflix-web-") as folder:
        os.environ[FOLDER_VARIABLE] = os.environ[_START] = folder
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
        watchdog = Watchdog(Path(folder), lambda: [worker.inner.pid for worker in list(server.wrks)])  # type: ignore[attr-defined]  # of the kind with processes
        server.on_startup(lambda: threading.Thread(target=watchdog.run, daemon=True).start())
        server.serve()


def allowed_connections() -> int:
    """How many connections the limit of open files allows a worker. Importing granian has raised the limit already."""
    needed = _MAX_CONNECTIONS + _OTHER_FILES
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY or files >= needed:
        return _MAX_CONNECTIONS
    allowed = max(files - _OTHER_FILES, files // 2)
    logger.warning(
        "A process may open %s files, so each worker holds at most %s connections instead of %s. Raise the limit: "
        "ulimit -n %s, LimitNOFILE= of systemd, or --ulimit nofile= of Docker.",
        files, allowed, _MAX_CONNECTIONS, needed,
    )  # fmt: skip
    return allowed


def main() -> None:
    parser = ArgumentParser(prog="python -m netflix.web", description="Run the web server until a signal stops it.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on, such as 0.0.0.0 or ::1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2, help="processes; each answers requests in one thread")
    options = parser.parse_args()
    serve(host=options.host.strip("[]"), port=options.port, workers=options.workers)


if __name__ == "__main__":
    main()
