import secrets
import signal
import socket
import subprocess

from netflix.embedded import processes
from netflix.embedded.binaries import find_redis
from netflix.embedded.errors import EmbeddedError
from netflix.embedded.rundir import RunDir


class Redis:
    """One Redis under `data_dir/redis`, on a free port of the loopback address, with its own password."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._program = find_redis()
        self._account = processes.server_account()
        self._data = run.data_dir / "redis"
        self._account.own(self._data)
        for file in self._data.rglob("*"):  # after a run as another user
            if file.stat().st_uid != self._account.uid:
                self._account.give(file)
        self._port, self._password = self._address()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        def ready() -> bool:
            if self._process is None or self._process.poll() is not None:
                self._launch()
            return self._answers()

        if not processes.wait_until(ready, patience=30):
            self.stop()
            raise EmbeddedError(f"Redis does not start; {self._run.log} says why.")

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send_signal(self, number: signal.Signals) -> None:
        """For tests of crashes and hangs; `start` restarts the server at the same address."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process, signal.SIGTERM)

    def _launch(self) -> None:
        with self._run.log.open("ab") as log:
            self._process = processes.start(
                [self._program, "-"],
                account=self._account,
                reaches=[self._data, self._program],
                last_signal=signal.SIGTERM,
                output=log,
                stdin=subprocess.PIPE,  # other users could read a password in the command line
            )
        assert self._process.stdin is not None  # noqa: S101  # a pipe
        self._process.stdin.write(self._configuration().encode())
        self._process.stdin.close()
        self._run.keep_note(f"{self._process.pid} {self._port} {self._password}")

    def _configuration(self) -> str:
        """The data is a log of plain commands, which older versions of Redis can read too."""
        return f"""
            bind 127.0.0.1
            port {self._port}
            requirepass {self._password}
            dir "{self._data}"
            save ""
            appendonly yes
            aof-use-rdb-preamble no
            maxmemory-policy noeviction
            loglevel warning
        """

    def _answers(self) -> bool:
        """Whether our Redis answers: another server on the port would refuse the password."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                return b"+PONG" in connection.recv(100)
        except OSError:
            return False

    def _address(self) -> tuple[int, str]:
        """Port and password; the previous ones if the port is free, because processes with a lease have them."""
        pid, port, password = (*(self._run.note() or "").split(), None, None, None)[:3]
        if pid and port:
            processes.end_leftover(int(pid), f"127.0.0.1:{port}", signal.SIGTERM)
        if port and password and _is_free(int(port)):
            return int(port), password
        return _free_port(), secrets.token_urlsafe(32)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
