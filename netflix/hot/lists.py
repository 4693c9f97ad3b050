"""Lists that are read a page at a time. What a list may be filtered and ordered by, and what its rows look like, is
defined once, for both paths."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest, QueryDict

from netflix.api.errors import refuse_unknown
from netflix.api.pagination import (
    MOST_ROWS,
    PAGE_PARAMETERS,
    PAGE_SIZE,
    Cursor,
    Ordering,
    PageLinks,
    cursor_in,
    page_size_in,
)
from netflix.api.renderers import OrjsonRenderer
from netflix.hot.compiled import Parameter, compiled
from netflix.hot.pages import Page, page_query, page_sql
from netflix.hot.statements import Query, Statement
from netflix.hot.steps import Call, Content, Steps

_REMEMBERED = 4096  # queries of addresses, of some hundred bytes each
_MOST_STATEMENTS = 512  # of one list; a few kilobytes each

Filters = Mapping[str, Sequence[Any]]  # by the parameter's name, the values that the rows are compared with


class RowComparison(models.Func):
    """`(a, b) > (x, y)`: the one form of a keyset condition that a multi-column index serves as a range."""

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, keys: Sequence[Combinable], operator: str, values: Sequence[Combinable]) -> None:
        super().__init__(*keys, *values)
        self.operator = operator

    def as_sql(  # type: ignore[override]  # Func passes template arguments that this expression does not have
        self, compiler: SQLCompiler, connection: Any, **extra: Any
    ) -> tuple[str, list[Any]]:
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        half = len(parts) // 2
        left, right = (", ".join(sql for sql, _ in side) for side in (parts[:half], parts[half:]))
        return f"({left}) {self.operator} ({right})", [value for _, values in parts for value in values]


class Asked(NamedTuple):
    """What the parameters of a request ask for."""

    filters: Filters
    ordering: Ordering
    size: int
    cursor: Cursor

    @property
    def descending(self) -> bool:
        return self.ordering.descending != self.cursor.backwards

    @property
    def shape(self) -> tuple[Any, ...]:
        """All that the statement depends on; the values are not part of it."""
        counts = tuple((name, len(values)) for name, values in self.filters.items())
        return counts, self.ordering.name, self.descending, bool(self.cursor.values)


def query_string(request: HttpRequest) -> bytes:
    """For a QueryDict, as Django reads it: PEP 3333 has bytes decoded as Latin-1."""
    query: str = request.META.get("QUERY_STRING", "")
    return query.encode("latin-1")


class KeysetList:
    """A list of the API.

    Subclasses say with `understood` what the parameters mean, with `rows` which rows that is, and with `json`, an SQL
    expression over `page`, what a row looks like. `columns` are what it reads of the rows besides the ordering's keys.
    """

    parameters: Sequence[str] = ()
    ordering: Ordering  # of a list that has one only
    page_size = PAGE_SIZE
    columns: Sequence[str] = ("id",)
    json: str

    def __init__(self) -> None:
        self._asked = lru_cache(_REMEMBERED)(self._parsed)
        self._statements: dict[tuple[Any, ...], Statement] = {}

    def understood(self, given: QueryDict) -> tuple[Filters, Ordering]:
        """Without the database. Raises ValidationError."""
        return {}, self.ordering

    def rows(self, filters: Filters) -> models.QuerySet[Any]:
        """The rows, with the keys of all orderings; unordered. The values of the filters are expressions."""
        raise NotImplementedError

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        """By placeholder, what `rows` and `json` read besides the filters' values."""
        return {"viewer_id": viewer_id}

    def asked(self, request: HttpRequest) -> Asked:
        """Raises ValidationError."""
        return self._asked(query_string(request))

    def read(self, request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
        """The page that the request asks for. Raises ValidationError."""
        asked = self.asked(request)
        page = yield from self.page(asked, self.values(request, viewer_id))
        return self.content(request, asked, page)

    def page(self, asked: Asked, values: Mapping[str, object]) -> Steps[Page]:
        """One row more than the page has, if there is one."""
        statement = self._statements.get(asked.shape)
        if statement is None:
            statement = yield Call(lambda: self._remembered(asked))
        page: Page = yield self.query(statement, asked, values)
        return page

    def query(self, statement: Statement, asked: Asked, values: Mapping[str, object]) -> Query[Page]:
        filters = {f"{name}_{n}": value for name, each in asked.filters.items() for n, value in enumerate(each)}
        after = {f"after_{n}": value for n, value in enumerate(asked.cursor.values)}
        return page_query(statement, {**values, **filters, **after, "limit": asked.size + 1})

    def content(self, request: HttpRequest, asked: Asked, page: Page, **members: Any) -> Content:
        """The body: links, results, and these members."""
        links = PageLinks(asked.ordering, asked.size, asked.cursor, found=len(page.rows))
        rows, keys = links.cut(page.rows), links.cut(page.keys)
        first, last = (orjson.loads(keys[0]), orjson.loads(keys[-1])) if keys else ((), ())
        results = b",".join(self.finished(asked, rows, keys, links.first_position, members))
        envelope = {**links.links(request, first, last), "results": orjson.Fragment(b"[%b]" % results), **members}
        return Content(OrjsonRenderer().render(envelope), page.version)

    def finished(
        self,
        asked: Asked,  # for subclasses, as what follows
        rows: list[bytes],
        keys: list[bytes],
        first_position: int,
        members: Mapping[str, Any],
    ) -> list[bytes]:
        """The rows' JSON, where more than the statement's belongs to it."""
        return rows

    def look(self, filters: Filters) -> tuple[Sequence[str], str]:  # for subclasses
        """`columns` and `json`, where they depend on the parameters."""
        return self.columns, self.json

    def statement(self, asked: Asked) -> Statement:
        """For all requests of this shape."""
        filters = {name: [Parameter(f"{name}_{n}") for n in range(len(each))] for name, each in asked.filters.items()}
        keys = asked.ordering.keys
        rows = self.rows(filters).order_by(*(f"-{key}" if asked.descending else key for key in keys))
        if asked.cursor.values:
            after = [Parameter(f"after_{n}") for n in range(len(keys))]
            rows = rows.filter(RowComparison([models.F(key) for key in keys], "<" if asked.descending else ">", after))
        columns, json = self.look(filters)
        columns = list(dict.fromkeys([*columns, *keys]))
        names = ", ".join(f'"{column}"' for column in columns)
        # PostgreSQL plans for the number of rows that it is told: a literal, and not a parameter.
        source = f"SELECT * FROM ({compiled(rows.values_list(*columns)[: MOST_ROWS + 1])}) AS listed ({names})"  # noqa: S608  # our own
        return self.statement_of(page_sql(source, json=json, keys=[f'page."{key}"' for key in keys]), asked)

    def statement_of(self, sql: str, asked: Asked) -> Statement:
        """Prepared, if one plan is good for all values; a range is planned for its own."""
        return Statement(sql)

    def _parsed(self, query: bytes) -> Asked:
        given = QueryDict(query)
        refuse_unknown(given, [*self.parameters, *PAGE_PARAMETERS])
        filters, ordering = self.understood(given)
        return Asked(filters, ordering, page_size_in(given, self.page_size), cursor_in(given, ordering))

    def _remembered(self, asked: Asked) -> Statement:
        statement = self.statement(asked)
        if len(self._statements) >= _MOST_STATEMENTS:
            self._statements.pop(next(iter(self._statements)), None)
        self._statements[asked.shape] = statement
        return statement
