import fcntl
import os
from pathlib import Path

from netflix.embedded.errors import EmbeddedError


def try_lock(path: Path) -> int | None:
    """The file descriptor of an exclusive lock on `path`, or None while somebody else has one."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class RunDir:
    """Where a server, its keeper and its users meet: `data_dir/run/<kind>/`."""

    def __init__(self, data_dir: Path, kind: str) -> None:
        self.data_dir = data_dir
        self._dir = data_dir / "run" / kind
        self.users_lock = self._dir / "users.lock"  # shared by the users; the keeper leaves when it is free
        self.keeper_lock = self._dir / "keeper.lock"  # held by the keeper as long as it lives
        self.log = self._dir / "log"
        self._note = self._dir / "note"
        self._url = self._dir / "url"
        self._error = self._dir / "error"

    def make(self) -> None:
        """Raises EmbeddedError."""
        try:
            self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EmbeddedError(f"DATA_DIR='{self.data_dir}' cannot be written to: {error.strerror}.") from error

    def forget(self) -> None:
        """Remove what an earlier keeper said."""
        self._url.unlink(missing_ok=True)
        self._error.unlink(missing_ok=True)

    def url(self) -> str | None:
        return _read(self._url)

    def announce(self, url: str) -> None:
        _write(self._url, url)

    def note(self) -> str | None:
        """What the keeper must remember beyond its death."""
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
    """Whole or not at all, and for its owner's eyes only: a URL holds a password."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
