import fcntl
import os
from pathlib import Path

from netflix.embedded.errors import EmbeddedError


def try_lock(path: Path, kind: int = fcntl.LOCK_EX) -> int | None:
    """The file descriptor of a lock on `path`; None if others prevent the lock.

    The kernel releases a lock when all processes that have inherited the file descriptor have closed it or ended.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class RunDir:
    """The files that the users and the supervisor of a server share: `data_dir/run/<kind>/`."""

    def __init__(self, data_dir: Path, kind: str) -> None:
        self.data_dir = data_dir
        self.kind = kind
        folder = data_dir / "run" / kind
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EmbeddedError(f"DATA_DIR='{data_dir}' cannot be written to: {error.strerror}.") from error
        self.users_lock = folder / "users.lock"  # shared by the users; the supervisor ends when it is free
        self.server_lock = folder / "server.lock"  # held while the supervisor or a process of the server runs
        self.log = folder / "log"
        self._url = folder / "url"

    @property
    def url(self) -> str:
        """The server's URL, also while it does not run; "" if there is none. A restart keeps it if possible."""
        return self._url.read_text() if self._url.exists() else ""

    @url.setter
    def url(self, url: str) -> None:
        """Write atomically, readable only by the owner: a URL contains a password."""
        draft = self._url.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(url)
        draft.replace(self._url)
