"""SQL statements that a connection prepares once and then executes by libpq.

Django compiles each query anew and binds its values on the client, so that PostgreSQL also plans it anew. That is two
thirds of what a page costs; these statements avoid both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from django.db import OperationalError, connection
from psycopg import errors, pq

Row = tuple[Any, ...]  # of bytes, or None for null
Result = TypeVar("Result")

# A merge join would read an index from its start up to the page; pages look their rows up instead.
PLANNER_OPTIONS = "enable_mergejoin=off"

_STALE = (
    b"26000",  # SQLSTATE invalid_sql_statement_name: a pooler has given us another server connection
    b"0A000",  # feature_not_supported: a migration has changed the columns that it returns
)


class Lane(Enum):
    """Which of the event loop's connections executes a statement, so that none waits for a slower one."""

    QUICK = "quick"  # reads one range of an index
    SLOW = "slow"  # its cost depends on the values
    WRITE = "write"  # may wait for rows that another transaction is changing


class Statement:
    """One SQL statement with psycopg's placeholders, `%(name)s` and `%%`.

    Values are sent, and rows returned, as text. A statement that is not `prepared` is planned for the values of each
    request, which are literals in it, except for the `parameters`: where the best plan depends on the values, as with
    ranges. `locked_row_key` is the name of the value that identifies the row that a write locks. Writes of the same row
    wait for each other, so the event loop sends few of them at once.
    """

    def __init__(
        self,
        sql: str,
        *,
        lane: Lane = Lane.QUICK,
        prepared: bool = True,
        parameters: Sequence[str] = (),
        locked_row_key: str | None = None,
    ) -> None:
        places = _Places()
        self._template = sql.encode()
        self.sql = sql % places  # with `$1`, `$2` ... as PostgreSQL has them
        self.names = tuple(places)
        self.lane = lane
        self.prepared = prepared
        self.parameters = tuple(name for name in parameters if name in self.names)
        self.locked_row_key = locked_row_key

    def __repr__(self) -> str:
        return f"Statement({' '.join(self.sql.split())})"

    def texts(self, values: Mapping[str, object]) -> list[bytes | None]:
        """The values in the order of their places."""
        return [None if (value := values[name]) is None else str(value).encode() for name in self.names]

    def with_literals(
        self, texts: Sequence[bytes | None], pgconn: Any, *, parameters: Sequence[str] = ()
    ) -> tuple[bytes, list[bytes | None]]:
        """The statement with these values in it, and the values of the `parameters`, which it has as `$1`, `$2` ..."""
        escape = pq.Escaping(pgconn).escape_literal
        literals = [b"NULL" if text is None else bytes(escape(text)) for text in texts]
        values = dict(zip([name.encode() for name in self.names], literals, strict=True))
        values |= {name.encode(): b"$%d" % number for number, name in enumerate(parameters, start=1)}
        return self._template % values, [texts[self.names.index(name)] for name in parameters]

    def rows(self, values: Mapping[str, object]) -> list[Row]:
        """All rows, on Django's connection and in its transaction. Raises django.db's errors.

        Nothing is prepared there: poolers and migrations could take it away, and other code shares the connection. A
        connection that has been closed by the server is replaced, once, so that no request has to check it first.
        """
        try:
            return self._execute(values)
        except OperationalError:
            if connection.in_atomic_block or connection.is_usable():
                raise
            connection.close()
            return self._execute(values)

    def _execute(self, values: Mapping[str, object]) -> list[Row]:
        texts = {name: None if (value := values[name]) is None else str(value) for name in self.names}
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {PLANNER_OPTIONS}; {self._template.decode()}", texts)
            cursor.nextset()
            return rows_of(cursor.pgresult)


class _Places(dict[str, str]):
    """Maps the names of placeholders to `$1`, `$2` ..., in the order in which they are first looked up."""

    def __missing__(self, name: str) -> str:
        place = self[name] = f"${len(self) + 1}"
        return place


@dataclass(frozen=True, slots=True)
class Query(Generic[Result]):
    """A statement, its values by name, and the function that makes its result from the rows."""

    statement: Statement
    values: Mapping[str, object]
    parse_rows: Callable[[list[Row]], Result]

    def run(self) -> Result:
        """Execute it on Django's connection. Raises django.db's errors."""
        return self.parse_rows(self.statement.rows(self.values))


def fits_bigint(number: int) -> bool:
    """Whether PostgreSQL's bigint can hold it."""
    return number.bit_length() < 64


def rows_of(result: Any) -> list[Row]:
    value, columns = result.get_value, range(result.nfields)
    return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]


def is_stale(result: Any) -> bool:
    """Whether a prepared statement cannot be executed any more, but could be if it was prepared again."""
    return result.error_field(pq.DiagnosticField.SQLSTATE) in _STALE


def checked_result(result: Any, pgconn: Any) -> Any:
    """The result, if there is no error in it. Raises psycopg's errors."""
    if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return result
    if pgconn.status != pq.ConnStatus.OK:
        raise errors.OperationalError(pgconn.get_error_message())
    raise errors.error_from_result(result)
