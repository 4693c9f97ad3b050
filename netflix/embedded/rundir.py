import fcntl
import os
from pathlib import Path

from netflix.embedded.errors import EmbeddedError


def try_lock(path: Path) -> int | None:
    """The file descriptor of an exclusive lock on `path`; None if another process has one."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class RunDir:
    """The files that a server's keeper and users share: `data_dir/run/<kind>/`."""

    def __init__(self, data_dir: Path, kind: str) -> None:
        self.data_dir = data_dir
        self._dir = data_dir / "run" / kind
        self.users_lock = self._dir / "users.lock"  # shared by the users; the keeper exits when it is free
        self.keeper_lock = self._dir / "keeper.lock"  # held by the keeper while it runs
        self.log = self._dir / "log"
        self._note = self._dir / "note"
        self._url = self._dir / "url"
        self._error = self._dir / "error"

    def make(self) -> None:
        """Make the folder. Raises EmbeddedError."""
        try:
            self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EmbeddedError(f"DATA_DIR='{self.data_dir}' cannot be written to: {error.strerror}.") from error

    def forget(self) -> None:
        """Remove the URL and the error of an earlier keeper."""
        self._url.unlink(missing_ok=True)
        self._error.unlink(missing_ok=True)

    def url(self) -> str | None:
        return _read(self._url)

    def announce(self, url: str) -> None:
        _write(self._url, url)

    def note(self) -> str | None:
        """What a keeper leaves for the next one."""
        return _read(self._note)

    def keep_note(self, text: str) -> None:
        _write(self._note, text)

    def error(self) -> str | None:
        return _read(self._error)

    def fail(self, sentence: str) -> None:
        _write(self._error, sentence)


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Write atomically, readable only by the owner: a URL contains a password."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
