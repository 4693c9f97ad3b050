"""Kills web workers whose event loop has stopped; granian starts others in their place."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger("_granian")  # granian's own, for the same format

FOLDER_VARIABLE = "NETFLIX_HEARTBEATS"  # the folder of the workers' files

_HEARTBEAT_SECONDS = 1.0
_MAX_MISSED = 10  # heartbeats in a row, after which a worker is killed
_MAX_MISSED_AT_START = 120  # before the first: imports take long on slow machines


def start_heartbeat() -> None:
    """Called in a worker's event loop: touch the worker's file every second, as long as the loop runs."""
    if FOLDER_VARIABLE not in os.environ:  # another ASGI server
        return
    file, loop = Path(os.environ[FOLDER_VARIABLE], str(os.getpid())), asyncio.get_running_loop()

    def beat() -> None:
        with suppress(OSError):
            file.touch()
        loop.call_later(_HEARTBEAT_SECONDS, beat)

    beat()


class Watchdog:
    """Kills workers without a heartbeat.

    Counts its own checks instead of seconds, so that a pause of the whole machine does not kill workers.
    """

    def __init__(self, folder: Path, pids: Callable[[], Iterable[int | None]]) -> None:
        self._folder = folder
        self._pids = pids
        self._missed: dict[int, tuple[int, int]] = {}  # by process: its last heartbeat, and how often it was the same

    def run(self) -> None:
        while True:
            time.sleep(_HEARTBEAT_SECONDS)
            self.check()

    def check(self) -> None:
        """Check for a new heartbeat of each worker. Without the folder there can be none, so no worker is killed."""
        if not self._folder.is_dir():  # temporary files were deleted
            return
        for pid in filter(None, self._pids()):
            file = self._folder / str(pid)
            heartbeat = file.stat().st_mtime_ns if file.exists() else 0
            if self._count_missed(pid, heartbeat) >= (_MAX_MISSED if heartbeat else _MAX_MISSED_AT_START):
                logger.error("Killing worker %s, which does not react any more", pid)
                file.unlink(missing_ok=True)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _count_missed(self, pid: int, heartbeat: int) -> int:
        last, missed = self._missed.get(pid, (heartbeat, 0))
        missed = missed + 1 if heartbeat == last else 0
        self._missed[pid] = heartbeat, missed
        return missed
