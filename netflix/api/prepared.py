"""Statements that a connection prepares once and then executes at libpq's own price.

Django binds values on the client, so that PostgreSQL plans each query anew, and compiles the query before; that is two
thirds of what a page costs. The hottest statements go round both: docs/adr/0014.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg import errors, pq

Rows = list[tuple[Any, ...]]  # of bytes, or None for null
Meaning = TypeVar("Meaning")
Other = TypeVar("Other")

_STALE = (
    b"26000",  # SQLSTATE invalid_sql_statement_name: a pooler has given us another server connection
    b"0A000",  # feature_not_supported: what it reads has other columns since a migration
)


class Statement:
    """One SQL statement with `$1`, `$2` ... in it. Values go there, and come back, as PostgreSQL's texts.

    One that `writes` may have to wait for rows that somebody else is changing.
    """

    def __init__(self, sql: str, *, writes: bool = False) -> None:
        self.sql = sql
        self.writes = writes

    def __repr__(self) -> str:
        return f"Statement({' '.join(self.sql.split())})"

    @cached_property
    def name(self) -> bytes:
        return b"hot_" + blake2b(self.sql.encode(), digest_size=12).hexdigest().encode()

    def rows(self, *values: object) -> Rows:
        """All rows, on Django's connection and in its transaction. Raises django.db's errors.

        A connection that has died meanwhile is replaced, once: so nobody asks before each request whether it lives.
        """
        given = texts(values)
        with connection.wrap_database_errors:
            try:
                result = self._executed(given)
            except errors.OperationalError:
                if connection.in_atomic_block or connection.is_usable():
                    raise
                connection.close()
                result = self._executed(given)
        if connection.queries_logged:
            connection.queries_log.append({"sql": self.sql, "time": "-"})
        return rows_of(result)

    def _executed(self, values: Sequence[bytes | None]) -> Any:
        connection.ensure_connection()
        pgconn, names = connection.connection.pgconn, _names.setdefault(connection.connection, Names())
        if not connection.autocommit and pgconn.transaction_status == pq.TransactionStatus.IDLE:
            checked(pgconn.exec_(b"BEGIN"), pgconn)  # psycopg would have, at a statement of its own
        name = names.of(self) or self._prepared(pgconn, names)
        result = pgconn.exec_prepared(name, values)
        if is_stale(result):
            names.forget(self, name)
            if connection.autocommit:
                result = pgconn.exec_prepared(self._prepared(pgconn, names), values)
        return checked(result, pgconn)

    def _prepared(self, pgconn: Any, names: "Names") -> bytes:
        name = names.new(self)
        try:
            checked(pgconn.prepare(name, self.sql.encode()), pgconn)
        except BaseException:
            names.forget(self, name)
            raise
        return name


class Names:
    """What one connection has prepared, and under which names: none is used twice, whatever became of the first."""

    def __init__(self) -> None:
        self._names: dict[bytes, bytes] = {}
        self._numbers = count()

    def of(self, statement: Statement) -> bytes | None:
        return self._names.get(statement.name)

    def new(self, statement: Statement) -> bytes:
        """For a statement that is about to be prepared."""
        name = self._names[statement.name] = b"%b_%d" % (statement.name, next(self._numbers))
        return name

    def forget(self, statement: Statement, name: bytes) -> None:
        """It cannot be executed by this name; it may have a newer one already."""
        if self.of(statement) == name:
            del self._names[statement.name]


_names: WeakKeyDictionary[Any, Names] = WeakKeyDictionary()  # by connection


@dataclass(frozen=True, slots=True)
class Query(Generic[Meaning]):
    """A statement, its values and what its rows mean, whoever executes it."""

    statement: Statement
    values: tuple[object, ...]
    meaning: Callable[[Rows], Meaning]

    def then(self, meaning: Callable[[Meaning], Other]) -> "Query[Other]":
        """The same, understood further."""
        return Query(self.statement, self.values, lambda rows: meaning(self.meaning(rows)))

    def run(self) -> Meaning:
        """On Django's connection. Raises django.db's errors."""
        return self.meaning(self.statement.rows(*self.values))


def is_id(number: int) -> bool:
    """Whether PostgreSQL's bigint can hold it."""
    return number.bit_length() < 64


def texts(values: Sequence[object]) -> list[bytes | None]:
    return [None if value is None else str(value).encode() for value in values]


def rows_of(result: Any) -> Rows:
    value, columns = result.get_value, range(result.nfields)
    return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]


def is_stale(result: Any) -> bool:
    """Whether what was prepared cannot be executed any more; prepared anew, it may."""
    return result.error_field(pq.DiagnosticField.SQLSTATE) in _STALE


def checked(result: Any, pgconn: Any) -> Any:
    if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return result
    if pgconn.status != pq.ConnStatus.OK:
        raise errors.OperationalError(pgconn.get_error_message())
    raise errors.error_from_result(result)
