"""The event loop's own connection to the database: queries wait for their rows without a thread, many at once.

Through libpq's pipeline mode (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html): each query is sent
when it comes, and answered in its turn, in a transaction of its own. One connection is enough for a process then;
several, each with a server process of its own, only compete for the same cores.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus

from netflix.api.prepared import Meaning, Names, Query, Statement, checked, is_stale, rows_of, texts


class Pipeline:
    """For one event loop. Connects at the first query, and anew when the connection has ended."""

    def __init__(self) -> None:
        self._line: _Line | None = None
        self._attempt: asyncio.Task[_Line] | None = None

    async def run(self, query: Query[Meaning]) -> Meaning:
        """Raises psycopg's errors, or Django's when there is no connection to be had."""
        line = self._line
        if line is None or not line.is_open:
            line = await self._connected()
        return query.meaning(rows_of(await line.result(query.statement, texts(query.values))))

    def close(self) -> None:
        if self._line is not None and self._line.is_open:
            self._line.close(psycopg.OperationalError("We have closed the connection."))

    async def _connected(self) -> "_Line":
        """All who wait for a connection wait for the same one, or are told the same error."""
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._connect())
            self._attempt.add_done_callback(self._attempted)
        return await asyncio.shield(self._attempt)

    async def _connect(self) -> "_Line":
        self._line = _Line(await asyncio.get_running_loop().run_in_executor(None, _connect))
        return self._line

    def _attempted(self, attempt: "asyncio.Task[_Line]") -> None:
        self._attempt = None
        if not attempt.cancelled():
            attempt.exception()  # nobody may have waited until then


class _Line:
    """An open connection in pipeline mode."""

    def __init__(self, connected: psycopg.Connection[Any]) -> None:
        self._connection = connected  # closes when nobody holds it
        self._pgconn = connected.pgconn
        self._socket = self._pgconn.socket
        self._names = Names()
        self._waiting: deque[asyncio.Future[Any]] = deque()  # in the order of their queries
        self._result: Any = None
        self._loop = asyncio.get_running_loop()
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._read)
        self.is_open = True

    async def result(self, statement: Statement, values: Sequence[bytes | None]) -> Any:
        """Raises psycopg's errors."""
        name, result = await self._executed(statement, values)
        if is_stale(result):
            self._names.forget(statement, name)
            _, result = await self._executed(statement, values)
        return checked(result, self._pgconn)

    def close(self, error: psycopg.Error) -> None:
        """Those who wait are told this error."""
        self.is_open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._connection.close()
        for future in self._waiting:
            if not future.done():
                future.set_exception(error)

    async def _executed(self, statement: Statement, values: Sequence[bytes | None]) -> tuple[bytes, Any]:
        """By which name, and with which result."""
        name = self._names.of(statement)
        if name is None:
            name = self._names.new(statement)  # what others ask now comes after it
            preparing = self._sent(self._pgconn.send_prepare, name, statement.sql.encode())
            try:
                checked(await preparing, self._pgconn)
            except BaseException:
                self._names.forget(statement, name)
                raise
        return name, await self._sent(self._pgconn.send_query_prepared, name, values)

    def _sent(self, send: Callable[..., None], *what: Any) -> asyncio.Future[Any]:
        try:
            send(*what)
            self._pgconn.pipeline_sync()
            if self._pgconn.flush():  # the socket is full
                self._loop.add_writer(self._socket, self._flush)
        except psycopg.Error as error:  # nothing can be sent any more: the next one connects anew
            self.close(error)
            raise
        future = self._loop.create_future()
        self._waiting.append(future)
        return future

    def _flush(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self.close(error)

    def _read(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            while self._waiting and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    continue  # the last of a query's results was the one before
                if result.status == ExecStatus.PIPELINE_SYNC:
                    self._answer(self._waiting.popleft(), self._result)
                else:
                    self._result = result
        except psycopg.Error as error:  # the server has hung up
            self.close(error)

    def _answer(self, future: asyncio.Future[Any], result: Any) -> None:
        if not future.done():  # nobody waits any more
            future.set_result(result)


def _connect() -> Any:
    """A connection with all that Django's own ones have."""
    own = connection.copy()
    own.connect()
    return own.connection
