"""Programs that do not outlive their parent and never run as root."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

from netflix.embedded.errors import EmbeddedError
from netflix.embedded.rundir import RunDir

_PR_SET_PDEATHSIG = 1


class Server:
    """A program that works on the folder `data_dir/<kind>`. Who calls its methods holds its lock.

    `prepare` makes its folder and its URL; `launch` starts it there, and does not wait until it answers.
    """

    title: ClassVar[str]
    signals: ClassVar[Sequence[signal.Signals]]  # to stop it, in turn
    timeout: ClassVar[float]  # seconds to wait after each of them

    def __init__(self, run: RunDir) -> None:
        """Raises EmbeddedError if the program cannot run here."""
        self.run = run
        self._data = run.data_dir / run.kind
        self._account = server_account()

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        stop(process, *self.signals, timeout=self.timeout)

    def clean_up(self) -> None:
        """Called when nobody uses the server any more, and it has ended."""

    def _start(
        self, command: Sequence[str | Path], stdin: str = "", lock: int | None = None
    ) -> subprocess.Popen[bytes]:
        with self.run.log.open("ab") as log, tempfile.TemporaryFile() as file:
            file.write(stdin.encode())
            file.seek(0)
            return start(
                command, account=self._account, needed_files=[self._data, Path(command[0])],
                death_signal=self.signals[0], output=log, stdin=file, pass_fds=[] if lock is None else [lock],
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a server runs as. PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only this account can access."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.take_over(folder)

    def take_over(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        return all(self._may_enter(folder.stat()) for folder in path.resolve().parents)

    def _may_enter(self, folder: os.stat_result) -> bool:
        others_bits = 6 if folder.st_uid == self.uid else 3 if folder.st_gid == self.gid else 0
        return bool(folder.st_mode >> others_bits & 0o1)


def server_account() -> Account:
    """The account of this process; for root, which PostgreSQL refuses, `postgres` or `nobody`. Raises EmbeddedError."""
    names = ("postgres", "nobody") if os.geteuid() == 0 else (pwd.getpwuid(os.geteuid()).pw_name,)
    for name in names:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError("PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it as.")


def start(
    command: Sequence[str | Path],
    *,
    account: Account,
    needed_files: Sequence[Path],
    death_signal: signal.Signals,
    output: IO[bytes],
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a server as `account`. On Linux it receives `death_signal` when its parent dies.

    It can read `needed_files` even in folders that the account may not enter.
    """
    prefix: list[str] = []
    identity: dict[str, Any] = {}
    if os.geteuid() == 0 and all(map(account.can_reach, needed_files)):
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    elif os.geteuid() == 0:
        prefix = _access_prefix(account, death_signal)
    return subprocess.Popen(
        [*prefix, *map(str, command)], cwd="/", stdin=stdin, stdout=output, stderr=output, pass_fds=pass_fds,
        preexec_fn=dies_with_parent(death_signal),  # noqa: PLW1509  # a supervisor has one thread
        **identity,
    )  # fmt: skip


def stop(process: subprocess.Popen[bytes], *signals: signal.Signals, timeout: float = 20.0) -> None:
    """Send the signals in turn, SIGKILL last, until the process has ended."""
    for number in (*signals, signal.SIGKILL):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
            return


def dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn`: on Linux the child receives this signal when its parent dies."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(number))


def _access_prefix(account: Account, death_signal: signal.Signals) -> list[str]:
    """Prefix of a command that needs files in a closed folder such as /root: a capability gives access."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError(
            f"PostgreSQL runs as the account `{account.name}`, which may not enter the folder this project is in. "
            "Set DATA_DIR to a folder it can reach, or run the project as another user than root."
        )
    capabilities = "-all,+dac_override"
    return [
        setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}", f"--bounding-set={capabilities}",
        f"--pdeathsig={death_signal.name.removeprefix('SIG')}", "--",
    ]  # fmt: skip
