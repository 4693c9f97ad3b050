"""The process that runs one embedded server until it ends or no process uses it.

python -m netflix.embedded.supervisor KIND DATA_DIR LOCK, where LOCK is the file descriptor of the server's lock.
"""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

from netflix.embedded.rundir import RunDir, try_lock
from netflix.embedded.shared_server import SERVERS

_POLL_SECONDS = 0.05


def main() -> None:
    signal.signal(signal.SIGTERM, _exit)
    kind, data_dir, lock = sys.argv[1:]
    run = RunDir(Path(data_dir), kind)
    server = SERVERS[kind](run)
    process = server.launch(int(lock))
    is_used = True
    try:
        while is_used and process.poll() is None:
            time.sleep(_POLL_SECONDS)
            # If this gets the lock, nobody uses the server. The lock is released only when this process exits, and new
            # users wait for that.
            is_used = try_lock(run.users_lock) is None
    finally:
        server.stop(process)
    if not is_used:
        server.clean_up()


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit


if __name__ == "__main__":
    main()
