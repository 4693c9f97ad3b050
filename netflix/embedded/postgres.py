import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from netflix.embedded.binaries import find_postgres
from netflix.embedded.errors import EmbeddedError
from netflix.embedded.processes import Server, stop
from netflix.embedded.rundir import RunDir

_SETUP_SECONDS = 120
_SETTINGS = {
    "listen_addresses": "",  # only through a socket in our own folder
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # two processes of tests, each with threads and web servers, come close to 100
    "max_parallel_workers_per_gather": "0",  # they cost a small query more than they save
    "log_min_messages": "warning",
    # Few checkpoints: the first change of a page after each is logged as the whole page, which slows large imports.
    "max_wal_size": "4GB",
}


class Postgres(Server):
    """One PostgreSQL cluster under `data_dir/postgres`, reached through a socket only this account can open."""

    title = "PostgreSQL"
    signals = (signal.SIGINT, signal.SIGQUIT)
    timeout = 120.0  # a checkpoint writes up to max_wal_size before it stops

    def __init__(self, run: RunDir) -> None:
        super().__init__(run)
        self._programs, self._major = find_postgres(cluster_version(run.data_dir))

    def prepare(self) -> None:
        if not self._data.exists():
            self._make_cluster()
        self._remove_stale_pid_file()
        if not self._has_sockets():
            folder = tempfile.mkdtemp(prefix="netflix-", dir="/tmp")  # a socket's path has at most 107 bytes
            self.run.url = f"postgres://netflix@{quote(folder, safe='')}/netflix"
            self._account.take_over(Path(folder))

    def launch(self, lock: int) -> subprocess.Popen[bytes]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        settings = _SETTINGS | {"shared_buffers": f"{buffers_of(memory)}MB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._programs / "postgres", "-D", self._data, "-k", self._sockets(), *options]
        return self._start(command, lock=lock)

    def clean_up(self) -> None:
        shutil.rmtree(self._sockets(), ignore_errors=True)
        self.run.url = ""

    def _sockets(self) -> Path:
        return Path(unquote(urlsplit(self.run.url).netloc.removeprefix("netflix@")))

    def _has_sockets(self) -> bool:
        """Whether the folder of an earlier server is there, and is ours: everybody may write to /tmp."""
        folder = self._sockets()
        return folder.name.startswith("netflix-") and folder.is_dir() and folder.lstat().st_uid == self._account.uid

    def _make_cluster(self) -> None:
        """Create the cluster in a draft folder and rename that: a kill leaves no incomplete cluster."""
        draft = self._data.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        self._account.make_folder(draft)
        self._run_once([
            self._programs / "initdb", "-D", draft, "-U", "netflix", "-A", "trust", "-E", "UTF8", *self._locale(),
            "--no-instructions",
        ])  # fmt: skip
        self._run_once([self._programs / "postgres", "--single", "-D", draft, "postgres"], "CREATE DATABASE netflix;\n")
        draft.rename(self._data)

    def _locale(self) -> list[str]:
        """Sorts by bytes and knows the letters of Unicode, if version and system support that."""
        if self._major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]

    def _run_once(self, command: Sequence[str | Path], stdin: str = "") -> None:
        process = self._start(command, stdin)
        try:
            code = process.wait(_SETUP_SECONDS)
        except subprocess.TimeoutExpired as error:
            stop(process, *self.signals, timeout=5)
            raise EmbeddedError(
                f"The database was not made within {_SETUP_SECONDS} seconds; {self.run.log} says how far it got. "
                "Start again when the machine has less to do."
            ) from error
        if code:
            raise EmbeddedError(f"The database could not be made; {self.run.log} says why.")

    def _remove_stale_pid_file(self) -> None:
        """After a power cut it may be empty, or its number may be another program's: PostgreSQL would not start."""
        pid_file = self._data / "postmaster.pid"
        with suppress(OSError):  # there is none; or no such process, which PostgreSQL finds out itself
            pid = pid_file.read_text().split("\n", 1)[0].strip()
            if not pid or str(self._data) not in Path("/proc", pid, "cmdline").read_text(errors="replace"):
                pid_file.unlink()


def cluster_version(data_dir: Path) -> int | None:
    """The major version of the cluster, the only one that can run it; None if there is no cluster."""
    file = data_dir / "postgres" / "PG_VERSION"
    return int(file.read_text()) if file.exists() else None


def buffers_of(memory: int) -> int:
    """`shared_buffers` in megabytes for a machine's memory in bytes: an eighth, from 128 to 2048."""
    return min(max(memory // 8 // 2**20, 128), 2048)
