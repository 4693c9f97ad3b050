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

_CACHED_QUERIES = 4096  # parsed query strings, some hundred bytes each
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


class MemberSelection(NamedTuple):
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
    selection: MemberSelection

    @property
    def descending(self) -> bool:
        return self.ordering.descending != self.cursor.backwards

    @property
    def shape(self) -> tuple[Any, ...]:
        """Everything that the statement depends on. The values of the filters are not part of it."""
        counts = tuple((name, len(values)) for name, values in self.filters.items())
        members = self.selection.include, self.selection.has_viewer_members
        return counts, self.ordering.name, self.descending, bool(self.cursor.values), members


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
    for one row of the response. `columns` are the columns of the queryset that `json` reads, besides the ordering's
    keys.
    """

    parameters: Sequence[str] = ()
    page_parameters: Sequence[str] = PAGE_PARAMETERS
    ordering: Ordering  # if there is only one
    page_size = PAGE_SIZE
    columns: Sequence[str] = ("id",)
    json: str

    def __init__(self) -> None:
        self._parsed = lru_cache(_CACHED_QUERIES)(self._parse)
        self._statements: dict[tuple[Any, ...], Statement] = {}

    def parse(self, query: QueryDict) -> tuple[Filters, Ordering]:
        """Parse the list's own parameters, without the database. Raises ValidationError."""
        return {}, self.ordering

    def select_members(self, query: QueryDict, *, has_viewer: bool) -> MemberSelection:
        """The members that the request chooses. For subclasses. Raises ValidationError."""
        return MemberSelection()

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
        page_request = self.page_request(request, viewer_id)
        page = yield from self.page(page_request, self.values(request, viewer_id))
        return self.content(request, page_request, page)

    def page(self, page_request: PageRequest, values: Mapping[str, object]) -> Steps[Page]:
        """The rows of a page, and one more if there is a next page."""
        statement = self._statements.get(page_request.shape)
        if statement is None:
            statement = yield Call(lambda: self._compile(page_request))
        page: Page = yield self.query(statement, page_request, values)
        return page

    def query(self, statement: Statement, page_request: PageRequest, values: Mapping[str, object]) -> Query[Page]:
        filters = {f"{name}_{n}": value for name, each in page_request.filters.items() for n, value in enumerate(each)}
        after = {f"after_{n}": value for n, value in enumerate(page_request.cursor.values)}
        return Query(statement, {**values, **filters, **after, "limit": page_request.size + 1}, Page.from_rows)

    def content(self, request: HttpRequest, page_request: PageRequest, page: Page, **members: Any) -> Content:
        """The body of the response: links, results, and these additional members."""
        links = PageLinks(page_request.ordering, page_request.size, page_request.cursor, row_count=len(page.rows))
        rows, keys = links.on_page(page.rows), links.on_page(page.keys)
        first, last = (orjson.loads(keys[0]), orjson.loads(keys[-1])) if keys else ((), ())
        results = b",".join(self.finish_rows(page_request, rows, keys, links.first_position, members))
        envelope = {**links.links(request, first, last), "results": orjson.Fragment(b"[%b]" % results), **members}
        return Content(OrjsonRenderer().render(envelope), page.snapshot)

    def finish_rows(
        self,
        page_request: PageRequest,  # this and the arguments below `rows` are for subclasses
        rows: list[bytes],
        keys: list[bytes],
        first_position: int,
        members: Mapping[str, Any],
    ) -> list[bytes]:
        """Change the rows' JSON by what the statement cannot know. For subclasses."""
        return rows

    def columns_and_json(self, page_request: PageRequest) -> tuple[Sequence[str], str]:
        """`columns` and `json`, for subclasses where they depend on the request."""
        return self.columns, self.json

    def statement(self, page_request: PageRequest) -> Statement:
        """The statement for all requests of this shape."""
        filters = parameters_of(page_request.filters)
        keys = page_request.ordering.keys
        columns, json = self.columns_and_json(page_request)
        columns = list(dict.fromkeys([*columns, *keys]))
        names = ", ".join(f'"{column}"' for column in columns)
        # The limit is a literal: PostgreSQL plans for it, and would guess the value of a parameter.
        rows = compiled(self._ordered_rows(filters, page_request).values_list(*columns)[: MAX_PAGE_SIZE + 1])
        source = f"SELECT * FROM ({rows}) AS listed ({names})"  # noqa: S608  # our own
        return self.make_statement(page_sql(source, json=json, keys=[f'page."{key}"' for key in keys]), page_request)

    def make_statement(self, sql: str, page_request: PageRequest) -> Statement:
        """The Statement for this SQL. Subclasses choose its lane, and whether it is prepared."""
        return Statement(sql)

    def _ordered_rows(self, filters: Filters, page_request: PageRequest) -> models.QuerySet[Any]:
        """The rows from the cursor on."""
        keys, is_descending = page_request.ordering.keys, page_request.descending
        rows = self.with_sort_keys(self.rows(filters), page_request.ordering)
        rows = rows.order_by(*(f"-{key}" if is_descending else key for key in keys))
        if not page_request.cursor.values:
            return rows
        after = [Parameter(f"after_{n}") for n in range(len(keys))]
        return rows.filter(RowComparison([models.F(key) for key in keys], "<" if is_descending else ">", after))

    def _parse(self, raw: bytes, has_viewer: bool) -> PageRequest:
        query = QueryDict(raw)
        refuse_unknown(query, [*self.parameters, *self.page_parameters])
        filters, ordering = self.parse(query)
        size, cursor = parse_page_size(query, self.page_size), parse_cursor(query, ordering)
        return PageRequest(filters, ordering, size, cursor, self.select_members(query, has_viewer=has_viewer))

    def _compile(self, page_request: PageRequest) -> Statement:
        statement = self.statement(page_request)
        if len(self._statements) >= _MAX_STATEMENTS:
            self._statements.pop(next(iter(self._statements)), None)
        self._statements[page_request.shape] = statement
        return statement
