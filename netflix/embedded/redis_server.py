import secrets
import signal
import socket
import subprocess
from urllib.parse import urlsplit

from netflix.embedded.binaries import find_redis
from netflix.embedded.processes import Server
from netflix.embedded.rundir import RunDir


class Redis(Server):
    """One Redis under `data_dir/redis`, on a free port of the loopback address, with its own password."""

    title = "Redis"
    signals = (signal.SIGTERM,)
    timeout = 20.0

    def __init__(self, run: RunDir) -> None:
        super().__init__(run)
        self._program = find_redis()

    def prepare(self) -> None:
        self._account.make_folder(self._data)
        for file in self._data.rglob("*"):  # after a run as another user
            if file.stat().st_uid != self._account.uid:
                self._account.take_over(file)
        earlier = urlsplit(self.run.url)
        port = _free_port(earlier.port or 0)
        if port != earlier.port:
            self.run.url = f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{port}/0"

    def launch(self, lock: int) -> subprocess.Popen[bytes]:
        """The configuration comes from standard input: other users could read a password in the command line.

        The data is an append-only file without an RDB preamble, which older versions of Redis can read too.
        """
        url = urlsplit(self.run.url)
        configuration = f"""
            bind 127.0.0.1
            port {url.port}
            requirepass {url.password}
            dir "{self._data}"
            save ""
            appendonly yes
            aof-use-rdb-preamble no
            maxmemory-policy noeviction
            loglevel warning
        """
        return self._start([self._program, "-"], configuration, lock)


def _free_port(preferred: int) -> int:
    """`preferred` if it is free, else any free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
