"""The event loop's connections to the database: queries wait for their rows without a thread, many at once.

They use libpq's pipeline mode (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html): each query is sent
at once and answered in order, in a transaction of its own. One connection for each lane of reads is enough for
a process: more of them, each with a server process of its own, would only compete for the same cores. Writes wait for
the disk and for locks, so they have several.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from hashlib import blake2b
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus

from netflix.hot.statements import (
    PLANNER_OPTIONS,
    Lane,
    Query,
    Result,
    Row,
    Statement,
    checked_result,
    is_stale,
    rows_of,
)

_WRITERS = 4
# Writes of one row that are sent at once: the next begins as soon as the server has ended the first.
_MAX_OF_ONE_ROW = 2
# The limits of each connection: prepared statements with literals, which take 70 KB of the server's memory each; and
# hashes of statements that came once.
_MAX_REPEATED, _MAX_SEEN = 64, 1024
_CHECKS_PER_DEADLINE = 10  # for overdue queries, within the time that a query may take


class DatabaseBusy(Exception):
    """The database did not answer in time. The query may still be executed, unless it only reads."""


class Connections:
    """For one event loop. `deadline`: the seconds that a query may take, waiting included; None: no limit."""

    def __init__(self, *, deadline: float | None = None) -> None:
        self._deadline = deadline
        self._readers = {lane: Pipeline(deadline) for lane in (Lane.QUICK, Lane.SLOW)}
        self._writers = [Pipeline(deadline) for _ in range(_WRITERS)]
        self._row_semaphores: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()
        self._write_slots = asyncio.Semaphore(_WRITERS)

    async def run(self, query: Query[Result]) -> Result:
        """Raises DatabaseBusy; psycopg's errors; Django's when a connection cannot be opened."""
        if query.statement.lane is not Lane.WRITE:
            return await self._readers[query.statement.lane].run(query)
        try:
            # A write has a connection to itself, so that none is sent behind one that waits for a lock.
            async with asyncio.timeout(self._deadline), self._row_semaphore(query), self._write_slots:
                return await min(self._writers, key=Pipeline.load).run(query)
        except TimeoutError as error:
            raise DatabaseBusy from error

    def close(self) -> None:
        for pipeline in (*self._readers.values(), *self._writers):
            pipeline.close()

    def _row_semaphore(self, query: Query[Any]) -> AbstractAsyncContextManager[Any]:
        """Limits the writes of one row that are sent at once, so that a locked row does not occupy all connections."""
        name = query.statement.locked_row_key
        if name is None:
            return nullcontext()
        key = name, query.values[name]
        semaphore = self._row_semaphores.get(key)
        if semaphore is None:
            semaphore = self._row_semaphores[key] = asyncio.Semaphore(_MAX_OF_ONE_ROW)
        return semaphore


class Pipeline:
    """One connection, opened by the first query, and again when it has been closed. `deadline`: see `Connections`."""

    def __init__(self, deadline: float | None = None) -> None:
        self._deadline = deadline
        self._open: _OpenPipeline | None = None
        self._attempt: asyncio.Task[_OpenPipeline] | None = None
        self._running = 0

    def load(self) -> int:
        """The number of queries under way: not sent yet, or sent, even if their client has gone."""
        return max(self._running, len(self._open.waiting) if self._open else 0)

    async def run(self, query: Query[Result]) -> Result:
        """Raises DatabaseBusy; psycopg's errors; Django's when the connection cannot be opened."""
        self._running += 1
        since = asyncio.get_running_loop().time()
        try:
            pipeline = self._open
            if pipeline is None or not pipeline.is_open:
                pipeline = await self._wait_for_connection()
            rows = await pipeline.rows(query.statement, query.statement.texts(query.values), since)
        finally:
            self._running -= 1
        return query.parse_rows(rows)

    def close(self) -> None:
        if self._open is not None and self._open.is_open:
            self._open.close(psycopg.OperationalError("We have closed the connection."))

    async def _wait_for_connection(self) -> "_OpenPipeline":
        """All queries that need a connection wait for one attempt to open it, and get the same error."""
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._connect())
            self._attempt.add_done_callback(self._forget_attempt)
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.shield(self._attempt)
        except TimeoutError as error:
            raise DatabaseBusy from error

    async def _connect(self) -> "_OpenPipeline":
        connection = await asyncio.get_running_loop().run_in_executor(None, _open_connection)
        self._open = _OpenPipeline(connection, self._deadline)
        return self._open

    def _forget_attempt(self, attempt: "asyncio.Task[_OpenPipeline]") -> None:
        self._attempt = None
        if not attempt.cancelled():
            attempt.exception()  # nobody may have waited for it


class _RepeatedStatements:
    """Statements with literals that came at least twice, so that preparing them pays. The least recent ones go."""

    def __init__(self) -> None:
        self._seen: dict[int, None] = {}
        self._statements: dict[bytes, Statement] = {}

    def statement(self, sql: bytes) -> Statement | None:
        """The statement to prepare and execute; None if this SQL came for the first time."""
        statement = self._statements.pop(sql, None)
        if statement is None:
            if hash(sql) not in self._seen:
                self._seen[hash(sql)] = None
                if len(self._seen) > _MAX_SEEN:
                    del self._seen[next(iter(self._seen))]
                return None
            statement = Statement(sql.decode().replace("%", "%%"))
        self._statements[sql] = statement  # the most recent one is the last
        return statement

    def pop_excess(self) -> Statement | None:
        if len(self._statements) <= _MAX_REPEATED:
            return None
        return self._statements.pop(next(iter(self._statements)))


class _OpenPipeline:
    """An open connection in pipeline mode.

    One periodic check enforces all deadlines: a timer for each query would add a tenth to the time of a page.
    """

    def __init__(self, connection: psycopg.Connection[Any], deadline: float | None) -> None:
        self._connection = connection  # closes when nothing refers to it
        self._pgconn = connection.pgconn
        self._socket = self._pgconn.socket
        self._names: dict[str, bytes] = {}  # of prepared statements, by their SQL
        self._numbers = count()
        self._repeated = _RepeatedStatements()
        self._result: Any = None
        self._loop = asyncio.get_running_loop()
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._read)
        # In the order of their queries, each with the time at which its client began to wait.
        self.waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._last_heard = self._loop.time()
        self.is_open = True
        if deadline is not None:
            self._fail_overdue(deadline)

    async def rows(self, statement: Statement, texts: Sequence[bytes | None], since: float) -> list[Row]:
        """Raises DatabaseBusy, psycopg's errors. The deadline counts from the loop's time `since`."""
        if not statement.prepared:
            sql, texts = statement.with_literals(texts, self._pgconn, parameters=statement.parameters)
            repeated = self._repeated.statement(sql)
            if repeated is None:
                result = await self._send(since, self._pgconn.send_query_params, sql, texts)
                return rows_of(checked_result(result, self._pgconn))
            self._deallocate(self._repeated.pop_excess())
            statement = repeated
        name, result = await self._execute(statement, texts, since)
        if is_stale(result):
            self._forget(statement, name)
            _, result = await self._execute(statement, texts, since)
        return rows_of(checked_result(result, self._pgconn))

    def _fail_overdue(self, deadline: float) -> None:
        """Fail queries past their deadline. Close the connection if the server has sent nothing for half that time.

        Schedules itself again as long as the connection is open.
        """
        if not self.is_open:
            return
        now = self._loop.time()
        overdue = [future for since, future in self.waiting if now - since > deadline]
        for future in overdue:
            if not future.done():
                future.set_exception(DatabaseBusy())
        if overdue and now - self._last_heard > deadline / 2:  # half: a query may have waited for the connection first
            self.close(DatabaseBusy())
        self._loop.call_later(deadline / _CHECKS_PER_DEADLINE, self._fail_overdue, deadline)

    def _forget(self, statement: Statement, name: bytes) -> None:
        """Forget this name of a prepared statement, unless the statement already has a newer one."""
        if self._names.get(statement.sql) == name:
            del self._names[statement.sql]

    def _deallocate(self, statement: Statement | None) -> None:
        if statement and (name := self._names.pop(statement.sql, None)):
            done = self._send(self._loop.time(), self._pgconn.send_query_params, b"DEALLOCATE " + name, None)
            done.add_done_callback(lambda future: future.cancelled() or future.exception())  # nobody waits for it

    def close(self, error: Exception) -> None:
        """Close the connection; all waiting queries get this error."""
        self.is_open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._connection.close()
        for _, future in self.waiting:
            if not future.done():
                future.set_exception(error)
        self.waiting.clear()

    async def _execute(self, statement: Statement, texts: Sequence[bytes | None], since: float) -> tuple[bytes, Any]:
        """The name of the prepared statement, and its result."""
        name = self._names.get(statement.sql)
        if name is None:
            name = self._names[statement.sql] = self._new_name(statement)  # queries that come now are sent after it
            preparing = self._send(since, self._pgconn.send_prepare, name, statement.sql.encode())
            try:
                checked_result(await preparing, self._pgconn)
            except BaseException:
                self._forget(statement, name)
                raise
        return name, await self._send(since, self._pgconn.send_query_prepared, name, texts)

    def _new_name(self, statement: Statement) -> bytes:
        """A new name. Where a pooler shares server connections, an equal name means the same statement."""
        digest = blake2b(statement.sql.encode(), digest_size=12).hexdigest()
        return f"hot_{digest}_{next(self._numbers)}".encode()

    def _send(self, since: float, send: Callable[..., None], *arguments: Any) -> asyncio.Future[Any]:
        try:
            send(*arguments)
            self._pgconn.pipeline_sync()
            if self._pgconn.flush():  # the socket is full
                self._loop.add_writer(self._socket, self._flush)
        except psycopg.Error as error:  # nothing can be sent any more: the next query opens a new connection
            self.close(error)
            raise
        future = self._loop.create_future()
        self.waiting.append((since, future))
        return future

    def _flush(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self.close(error)

    def _read(self) -> None:
        pgconn = self._pgconn
        self._last_heard = self._loop.time()
        try:
            pgconn.consume_input()
            while self.waiting and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    continue  # the last of a query's results was the one before
                if result.status == ExecStatus.PIPELINE_SYNC:
                    _, future = self.waiting.popleft()
                    if not future.done():  # else nobody waits any more
                        future.set_result(self._result)
                else:
                    self._result = result
        except psycopg.Error as error:  # the server has closed the connection
            self.close(error)


def _open_connection() -> Any:
    """A connection with the settings of Django's own connections, and PLANNER_OPTIONS."""
    django_connection = connection.copy()
    options = django_connection.settings_dict["OPTIONS"]
    if "options" in options:  # not behind a pooler: there the role in the database has them
        options["options"] += f" -c {PLANNER_OPTIONS}"
    django_connection.connect()
    return django_connection.connection
