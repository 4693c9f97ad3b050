"""The event loop's own connections to the database: a query waits for its rows without a thread.

Through libpq's asynchronous functions (https://www.postgresql.org/docs/current/libpq-async.html): the loop is told when
something has come, and goes on with others meanwhile.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection

from netflix.api.prepared import Meaning, Query, Statement, checked, is_forgotten, rows_of, texts


class Pool:
    """At most so many connections, opened when they are needed. For one event loop."""

    def __init__(self, most: int) -> None:
        self._slots = asyncio.Semaphore(most)
        self._free: list[_Line] = []

    async def run(self, query: Query[Meaning]) -> Meaning:
        """Raises psycopg's errors, or Django's when there is no connection to be had."""
        async with self._slots:
            line = self._free.pop() if self._free else None
            if line is None or not line.is_open:
                line = _Line(await asyncio.get_running_loop().run_in_executor(None, _connected))
            try:
                result = await line.result(query.statement, texts(query.values))
            except BaseException:  # also when we are cancelled: an answer may still be on its way
                line.close()
                raise
            self._free.append(line)
        return query.meaning(rows_of(result))


class _Line:
    """A connection, for one statement at a time."""

    def __init__(self, connected: psycopg.Connection[Any]) -> None:
        self._connection = connected  # closes when nobody holds it
        self._pgconn = connected.pgconn
        self._prepared: set[bytes] = set()
        self._result: Any = None
        self._finished: asyncio.Future[Any] | None = None
        self._loop = asyncio.get_running_loop()
        self._socket = self._pgconn.socket
        self._loop.add_reader(self._socket, self._read)
        self.is_open = True

    async def result(self, statement: Statement, values: Sequence[bytes | None]) -> Any:
        if statement.name not in self._prepared:
            await self._prepare(statement)
        result = await self._sent(self._pgconn.send_query_prepared, statement.name, values)
        if is_forgotten(result):
            await self._prepare(statement)
            result = await self._sent(self._pgconn.send_query_prepared, statement.name, values)
        return checked(result, self._pgconn)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._socket)
            self._connection.close()

    async def _prepare(self, statement: Statement) -> None:
        checked(await self._sent(self._pgconn.send_prepare, statement.name, statement.sql.encode()), self._pgconn)
        self._prepared.add(statement.name)

    async def _sent(self, send: Callable[..., None], *what: Any) -> Any:
        self._finished = self._loop.create_future()
        send(*what)  # a few kilobytes at most, and nothing is sent before them: the socket takes them at once
        return await self._finished

    def _read(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    self._finish()
                    return
                self._result = result
        except psycopg.Error as error:  # the server has hung up
            self.close()
            if self._finished is not None and not self._finished.done():
                self._finished.set_exception(error)

    def _finish(self) -> None:
        if self._finished is not None and not self._finished.done():
            self._finished.set_result(self._result)


def _connected() -> Any:
    """A connection with all that Django's own ones have."""
    own = connection.copy()
    own.connect()
    return own.connection
