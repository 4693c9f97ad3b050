import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from netflix.embedded import processes
from netflix.embedded.binaries import find_postgres
from netflix.embedded.errors import EmbeddedError
from netflix.embedded.rundir import RunDir

_SETTINGS = {
    "listen_addresses": "",  # only through a socket in our own folder
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",  # they cost a small query more than they save
    "log_min_messages": "warning",
    # Few checkpoints: the first change of a page after each is logged as the whole page, which slows large imports.
    "max_wal_size": "4GB",
}

_STARTING, _READY = "starting", "ready"
_LONGEST_RECOVERY = 900.0  # seconds; max_wal_size to replay after a large import
_LONGEST_CHECKPOINT = 120.0  # seconds; as much to write before it stops


class Postgres:
    """One PostgreSQL cluster under `data_dir/postgres`, reached through a socket only this account can open."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._data = run.data_dir / "postgres"
        self._pid_file = self._data / "postmaster.pid"
        self._account = processes.server_account()
        self._programs, self._major = find_postgres(cluster_version(run.data_dir))
        self._sockets = self._socket_folder()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://netflix@{quote(str(self._sockets), safe='')}/netflix"

    def start(self) -> None:
        self._end_leftover()
        if not self._data.exists():
            self._make_cluster()
        settings = _SETTINGS | {"shared_buffers": f"{buffers_of(_memory())}MB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._programs / "postgres", "-D", self._data, "-k", self._sockets, *options]

        def ready() -> bool:
            # After a crash, orphaned processes hold the shared memory for a moment, and the first starts fail.
            if self._process is None or self._process.poll() is not None:
                self._process = self._start(command)
            return self._state() == _READY

        if not (processes.wait_until(ready, patience=60) or self._recovers(ready)):
            self.stop()
            raise EmbeddedError(f"PostgreSQL does not start; {self._run.log} says why.")

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send_signal(self, number: signal.Signals) -> None:
        """For tests of crashes and hangs; `start` restarts the server at the same address."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process, signal.SIGINT, signal.SIGQUIT, patience=_LONGEST_CHECKPOINT)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _socket_folder(self) -> Path:
        """In /tmp, because a socket's path has at most 107 bytes. The folder of a killed keeper is reused: it is in the
        URL that processes with a lease have."""
        earlier = self._run.note()
        if earlier and self._is_ours(Path(earlier)):
            folder = Path(earlier)
        else:
            folder = Path(tempfile.mkdtemp(prefix="netflix-", dir="/tmp"))
            self._run.keep_note(str(folder))
        self._account.own(folder)
        return folder

    def _is_ours(self, folder: Path) -> bool:
        """Whether our account owns the folder: everybody may write to /tmp."""
        try:
            status = folder.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISDIR(status.st_mode) and status.st_uid == self._account.uid and not status.st_mode & 0o077

    def _make_cluster(self) -> None:
        """Create the cluster in a draft folder and rename that: a kill leaves no incomplete cluster."""
        draft = self._data.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        self._account.own(draft)
        self._run_once([
            self._programs / "initdb", "-D", draft, "-U", "netflix", "-A", "trust", "-E", "UTF8", *self._locale(),
            "--no-instructions",
        ])  # fmt: skip
        self._run_once(
            [self._programs / "postgres", "--single", "-D", draft, "postgres"], b"CREATE DATABASE netflix;\n"
        )
        draft.rename(self._data)

    def _locale(self) -> list[str]:
        """Sorts by bytes and knows the letters of Unicode, if version and system support that."""
        if self._major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]

    def _start(self, command: Sequence[str | Path], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        with self._run.log.open("ab") as log:
            return processes.start(
                command,
                account=self._account,
                reaches=[self._data, Path(command[0])],
                last_signal=signal.SIGINT,
                output=log,
                stdin=stdin,
            )

    def _run_once(self, command: Sequence[str | Path], stdin: bytes = b"") -> None:
        process = self._start(command, subprocess.PIPE)
        process.communicate(stdin, timeout=120)
        if process.returncode:
            raise EmbeddedError(f"The database could not be made; {self._run.log} says why.")

    def _end_leftover(self) -> None:
        """Stop a server that a killed keeper left. Remove a pid file that would prevent a start, because it is empty or
        its number belongs to another program."""
        if self._process is not None or not self._pid_file.exists():
            return
        pid = self._pid_file.read_text().split("\n", 1)[0].strip()
        if not pid.isdecimal() or _is_another(processes.command_line(int(pid)), self._data):
            self._pid_file.unlink()
        else:
            processes.end_leftover(int(pid), str(self._data), signal.SIGINT)

    def _recovers(self, ready: Callable[[], bool]) -> bool:
        """Wait for the recovery after a crash. Returns whether the server is ready."""
        processes.wait_until(lambda: ready() or self._state() != _STARTING, patience=_LONGEST_RECOVERY)
        return self._state() == _READY

    def _state(self) -> str:
        """The eighth line of PostgreSQL's pid file, which `pg_ctl -w` reads too."""
        try:
            lines = self._pid_file.read_text().split("\n")
        except FileNotFoundError:
            return ""
        is_ours = self._process is not None and lines[0] == str(self._process.pid)
        return lines[7].strip() if is_ours and len(lines) > 7 else ""


def cluster_version(data_dir: Path) -> int | None:
    """The major version of the cluster, the only one that can run it; None if there is no cluster."""
    file = data_dir / "postgres" / "PG_VERSION"
    return int(file.read_text()) if file.exists() else None


def buffers_of(memory: int) -> int:
    """`shared_buffers` in megabytes for a machine's memory in bytes: an eighth, from 128 to 2048."""
    return min(max(memory // 8 // 2**20, 128), 2048)


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _is_another(command_line: str, data: Path) -> bool:
    """Whether the pid belongs to another program. Not if it has ended: PostgreSQL then looks for its children."""
    return bool(command_line) and str(data) not in command_line
