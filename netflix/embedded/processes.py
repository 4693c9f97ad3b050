"""Starts programs that do not outlive their keeper and never run as root."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from netflix.embedded.errors import EmbeddedError

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a server runs as. PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Make a folder that only this account can access."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.give(folder)

    def give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        return all(_may_enter(folder.stat(), self) for folder in path.resolve().parents)


def server_account() -> Account:
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return _account(pwd.getpwnam(name))
    raise EmbeddedError("PostgreSQL does not run as root, and there is no account `nobody` to lend it.")


def start(
    command: Sequence[str | Path],
    *,
    account: Account,
    reaches: Sequence[Path],
    last_signal: signal.Signals,
    output: IO[bytes],
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a server as `account`. On Linux it receives `last_signal` when its keeper dies.

    `reaches` are the files that it needs, even if the account has no access to a folder above them.
    """
    if os.geteuid() != 0 or all(map(account.can_reach, reaches)):
        as_root = os.geteuid() == 0
        return subprocess.Popen(
            [str(part) for part in command],
            cwd="/",
            stdin=stdin,
            stdout=output,
            stderr=output,
            user=account.uid if as_root else None,
            group=account.gid if as_root else None,
            extra_groups=[] if as_root else None,
            preexec_fn=dies_with_parent(last_signal),  # noqa: PLW1509  # a keeper has one thread
        )
    return subprocess.Popen(
        [*_reaching_all(account, last_signal), *map(str, command)], cwd="/", stdin=stdin, stdout=output, stderr=output
    )


def stop(process: subprocess.Popen[bytes], *signals: signal.Signals, patience: float = 20.0) -> None:
    """Send the signals in turn, SIGKILL last, until the process has ended."""
    for number in (*signals, signal.SIGKILL):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def end_leftover(pid: int, words: str, number: signal.Signals) -> None:
    """Stop a server that outlived its keeper. A process without `words` in its command line is another one."""
    if words not in command_line(pid):
        return
    os.kill(pid, number)
    if not wait_until(lambda: words not in command_line(pid), patience=15):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: words not in command_line(pid), patience=5)


def wait_until(condition: Callable[[], bool], *, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _may_enter(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & 0o100)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & 0o010)
    return bool(folder.st_mode & 0o001)


def _reaching_all(account: Account, last_signal: signal.Signals) -> list[str]:
    """Prefix of a command that needs files in a closed folder such as /root: a capability gives access."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError(
            f"PostgreSQL runs as the account `{account.name}`, which may not enter the folder this project is in. "
            "Set DATA_DIR to a folder it can reach, or run the project as another user than root."
        )
    return [
        setpriv,
        f"--reuid={account.uid}",
        f"--regid={account.gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--bounding-set=-all,+dac_override",
        f"--pdeathsig={last_signal.name.removeprefix('SIG')}",
        "--",
    ]


def dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn`: on Linux the child receives this signal when its parent dies."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(number))


def command_line(pid: int) -> str:
    """The command line of a running process; empty if it has ended. Small images of Linux have no `ps`."""
    if Path("/proc/self/stat").exists():
        return _linux_command_line(Path(f"/proc/{pid}"))
    listed = subprocess.run(
        ["ps", "-ww", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "" if listed.stdout.startswith("Z") else listed.stdout


def _linux_command_line(process: Path) -> str:
    """See proc(5)."""
    try:
        state = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        words = (process / "cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:  # it has ended
        return ""
    return "" if state == "Z" else words
