"""Lists that are read a page at a time. Each is defined once, for both paths."""

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
    MAX_PAGE_SIZE,
    PAGE_PARAMETERS,
    PAGE_SIZE,
    Cursor,
    Ordering,
    PageLinks,
    parse_cursor,
    parse_page_size,
)
from netflix.api.renderers import OrjsonRenderer
from netflix.hot.compiled import Parameter, compiled
from netflix.hot.pages import Page, page_sql
from netflix.hot.statements import Query, Statement
from netflix.hot.steps import Call, Content, Steps

_REMEMBERED = 4096  # parsed query strings, some hundred bytes each
_MAX_STATEMENTS = 512  # of one list; a few kilobytes each

Filters = Mapping[str, Sequence[Any]]  # parameter name -> values to compare rows with


class RowComparison(models.Func):
    """`(a, b) > (x, y)`: the only form of a keyset condition for which PostgreSQL reads one range of an index."""

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


class Choice(NamedTuple):
    """The members of the rows: `include` adds some; `fields`, unless empty, leaves out all others.

    `has_viewer_members`: whether there are viewer-specific members.
    """

    include: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    has_viewer_members: bool = False


class PageRequest(NamedTuple):
    """The parsed parameters of a request."""

    filters: Filters
    ordering: Ordering
    size: int
    cursor: Cursor
    choice: Choice

    @property
    def descending(self) -> bool:
        return self.ordering.descending != self.cursor.backwards

    @property
    def shape(self) -> tuple[Any, ...]:
        """Everything that the statement depends on. The values of the filters are not part of it."""
        counts = tuple((name, len(values)) for name, values in self.filters.items())
        choice = self.choice.include, self.choice.has_viewer_members
        return counts, self.ordering.name, self.descending, bool(self.cursor.values), choice


def query_string(request: HttpRequest) -> bytes:
    """The query string as bytes, for a QueryDict. WSGI has it decoded as Latin-1 (PEP 3333)."""
    query: str = request.META.get("QUERY_STRING", "")
    return query.encode("latin-1")


def refuse_parameters(request: HttpRequest) -> None:
    """For reads that take no query parameters. Raises ValidationError."""
    refuse_unknown(QueryDict(query_string(request)), ())


def parameters_of(filters: Filters) -> dict[str, list[Parameter]]:
    """The filters with a parameter in place of each value."""
    return {name: [Parameter(f"{name}_{n}") for n in range(len(values))] for name, values in filters.items()}


class KeysetList:
    """A list of the API.

    Subclasses define `parse`, what the parameters mean; `rows`, the queryset; and `json`, an SQL expression over `page`
    for one row of the answer. `columns` are the columns of the queryset that `json` reads, besides the ordering's keys.
    """

    parameters: Sequence[str] = ()
    page_parameters: Sequence[str] = PAGE_PARAMETERS
    ordering: Ordering  # if there is only one
    page_size = PAGE_SIZE
    columns: Sequence[str] = ("id",)
    json: str

    def __init__(self) -> None:
        self._parsed = lru_cache(_REMEMBERED)(self._parse)
        self._statements: dict[tuple[Any, ...], Statement] = {}

    def parse(self, given: QueryDict) -> tuple[Filters, Ordering]:
        """Parse the list's own parameters, without the database. Raises ValidationError."""
        return {}, self.ordering

    def choice(self, given: QueryDict, *, has_viewer: bool) -> Choice:
        """For subclasses where the request chooses the members. Raises ValidationError."""
        return Choice()

    def rows(self, filters: Filters) -> models.QuerySet[Any]:
        """The unordered rows, annotated with the keys of the orderings. The filters' values are expressions."""
        raise NotImplementedError

    def with_sort_keys(self, rows: models.QuerySet[Any], ordering: Ordering) -> models.QuerySet[Any]:
        """The rows with the keys of this ordering, for subclasses whose `rows` lack them."""
        return rows

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        """Values for the placeholders in `rows` and `json`, besides those of the filters."""
        return {"viewer_id": viewer_id}

    def page_request(self, request: HttpRequest, viewer_id: int | None = None) -> PageRequest:
        """The request's parameters. Raises ValidationError."""
        return self._parsed(query_string(request), viewer_id is not None)

    def read(self, request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
        """The requested page. Raises ValidationError."""
        wanted = self.page_request(request, viewer_id)
        page = yield from self.page(wanted, self.values(request, viewer_id))
        return self.content(request, wanted, page)

    def page(self, wanted: PageRequest, values: Mapping[str, object]) -> Steps[Page]:
        """The rows of a page, and one more if there is a next page."""
        statement = self._statements.get(wanted.shape)
        if statement is None:
            statement = yield Call(lambda: self._compile(wanted))
        page: Page = yield self.query(statement, wanted, values)
        return page

    def query(self, statement: Statement, wanted: PageRequest, values: Mapping[str, object]) -> Query[Page]:
        filters = {f"{name}_{n}": value for name, each in wanted.filters.items() for n, value in enumerate(each)}
        after = {f"after_{n}": value for n, value in enumerate(wanted.cursor.values)}
        return Query(statement, {**values, **filters, **after, "limit": wanted.size + 1}, Page.of)

    def content(self, request: HttpRequest, wanted: PageRequest, page: Page, **members: Any) -> Content:
        """The body of the answer: links, results, and these additional members."""
        links = PageLinks(wanted.ordering, wanted.size, wanted.cursor, row_count=len(page.rows))
        rows, keys = links.on_page(page.rows), links.on_page(page.keys)
        first, last = (orjson.loads(keys[0]), orjson.loads(keys[-1])) if keys else ((), ())
        results = b",".join(self.complete(wanted, rows, keys, links.first_position, members))
        envelope = {**links.links(request, first, last), "results": orjson.Fragment(b"[%b]" % results), **members}
        return Content(OrjsonRenderer().render(envelope), page.version)

    def complete(
        self,
        wanted: PageRequest,  # this and the arguments below `rows` are for subclasses
        rows: list[bytes],
        keys: list[bytes],
        first_position: int,
        members: Mapping[str, Any],
    ) -> list[bytes]:
        """Add to the rows' JSON what the statement cannot know. For subclasses."""
        return rows

    def presentation(self, wanted: PageRequest) -> tuple[Sequence[str], str]:
        """`columns` and `json`, for subclasses where they depend on the request."""
        return self.columns, self.json

    def statement(self, wanted: PageRequest) -> Statement:
        """The statement for all requests of this shape."""
        filters = parameters_of(wanted.filters)
        keys = wanted.ordering.keys
        columns, json = self.presentation(wanted)
        columns = list(dict.fromkeys([*columns, *keys]))
        names = ", ".join(f'"{column}"' for column in columns)
        # The limit is a literal: PostgreSQL plans for it, and would guess the value of a parameter.
        rows = compiled(self._ordered_rows(filters, wanted).values_list(*columns)[: MAX_PAGE_SIZE + 1])
        source = f"SELECT * FROM ({rows}) AS listed ({names})"  # noqa: S608  # our own
        return self.planned(page_sql(source, json=json, keys=[f'page."{key}"' for key in keys]), wanted)

    def planned(self, sql: str, wanted: PageRequest) -> Statement:
        """A prepared statement if one plan is good for all values. For subclasses."""
        return Statement(sql)

    def _ordered_rows(self, filters: Filters, wanted: PageRequest) -> models.QuerySet[Any]:
        """The rows from the cursor on."""
        keys, is_descending = wanted.ordering.keys, wanted.descending
        rows = self.with_sort_keys(self.rows(filters), wanted.ordering)
        rows = rows.order_by(*(f"-{key}" if is_descending else key for key in keys))
        if not wanted.cursor.values:
            return rows
        after = [Parameter(f"after_{n}") for n in range(len(keys))]
        return rows.filter(RowComparison([models.F(key) for key in keys], "<" if is_descending else ">", after))

    def _parse(self, query: bytes, has_viewer: bool) -> PageRequest:
        given = QueryDict(query)
        refuse_unknown(given, [*self.parameters, *self.page_parameters])
        filters, ordering = self.parse(given)
        size, cursor = parse_page_size(given, self.page_size), parse_cursor(given, ordering)
        return PageRequest(filters, ordering, size, cursor, self.choice(given, has_viewer=has_viewer))

    def _compile(self, wanted: PageRequest) -> Statement:
        statement = self.statement(wanted)
        if len(self._statements) >= _MAX_STATEMENTS:
            self._statements.pop(next(iter(self._statements)), None)
        self._statements[wanted.shape] = statement
        return statement
