"""Keyset pagination: a page starts after the last row of the one before.

So page 10,000 costs as much as page 1, and rows inserted meanwhile neither repeat nor hide others. (Markus Winand,
"We need tool support for keyset pagination", 2014, explains the method.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from typing import Any
from urllib.parse import quote, unquote_plus

import orjson
from django.core import signing
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest
from django.template import loader
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from netflix.api.caching import Found
from netflix.api.lines import Line, Lines
from netflix.api.prepared import Query

Row = dict[str, Any]

_signer = signing.Signer(salt="keyset-cursor")
_REMEMBERED = 4096  # cursors, of some hundred bytes each, or a few thousand where a title is long


@dataclass(frozen=True, slots=True)
class Ordering:
    """A total order: the keys are annotation or column names, compared together, the last one unique."""

    name: str
    keys: tuple[str, ...]
    descending: bool = False


# The next rows in an ordering, from its start or beyond a row's values: (values, descending, how many at most).
Window = Callable[[tuple[Any, ...], bool, int], Query[Lines]]  # for a hot read
Source = Callable[[tuple[Any, ...], bool, int], list[Row]]  # where a queryset is not the way to find them


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
        compiled = [compiler.compile(expression) for expression in self.get_source_expressions()]
        parts = [sql for sql, _ in compiled]
        half = len(parts) // 2
        sql = f"({', '.join(parts[:half])}) {self.operator} ({', '.join(parts[half:])})"
        return sql, [parameter for _, parameters in compiled for parameter in parameters]


@dataclass(frozen=True, slots=True)
class _Cursor:
    """`position` is the place of the row beside the page, counted from 1."""

    backwards: bool = False
    position: int = 0
    values: tuple[Any, ...] = ()


# The same pages are asked for again and again: their cursors are signed, and checked, once. (1 is not 1.0.)
@lru_cache(_REMEMBERED, typed=True)
def _written(*cursor: Any) -> str:
    return quote(_signer.sign_object(cursor))


@lru_cache(_REMEMBERED)
def _read(token: str) -> tuple[Any, ...]:
    """Raises BadSignature, ValueError."""
    return tuple(_signer.unsign_object(token))


def _json_of(line: Line, position: int) -> bytes:  # most JSON does not depend on it
    return line[0]


class KeysetPagination(BasePagination):
    """Envelope `{next, previous, results}`; `StrictView.page` hands rows and their ordering to `page`.

    A queryset must yield dictionaries that hold the ordering's keys. `first_position` is the place of the page's
    first row in the whole list, counted from 1 along the pages that led here.
    """

    parameters = ("cursor", "page_size")
    page_size = 20
    max_page_size = 100
    display_page_controls = True
    template = "rest_framework/pagination/previous_and_next.html"
    first_position = 1
    _next: str | None = None
    _previous: str | None = None

    def page(self, rows: models.QuerySet[Any, Any] | Source, request: Request, ordering: Ordering) -> list[Row]:
        """The rows of the page that the request asks for. Raises ValidationError."""
        size, cursor = self._asked(request, ordering)
        source = rows if callable(rows) else partial(_rows, rows, ordering)
        found = source(cursor.values, ordering.descending != cursor.backwards, size + 1)
        return self._cut(found, size, cursor, ordering, lambda row: [row[key] for key in ordering.keys])

    def found(
        self,
        window: Window,
        request: HttpRequest,
        ordering: Ordering,
        values: Callable[[Line], list[Any]],
        as_json: Callable[[Line, int], bytes] = _json_of,
    ) -> Query[Found | None] | None:
        """The page of a hot read. `values` are a line's keys; its JSON may depend on its position.

        None without any row, or with a parameter that is not valid: then it is for the view to say what is wrong.
        """
        try:
            size, cursor = self._asked(request, ordering)
        except ValidationError:
            return None

        def answer(found: Lines) -> Found | None:
            if not found.lines:
                return None
            lines = self._cut(found.lines, size, cursor, ordering, values)
            results = b",".join([as_json(line, n) for n, line in enumerate(lines, start=self.first_position)])
            return Found(self.envelope(orjson.Fragment(b"[%b]" % results)), found.version)

        return window(cursor.values, ordering.descending != cursor.backwards, size + 1).then(answer)

    def _asked(self, request: HttpRequest | Request, ordering: Ordering) -> tuple[int, _Cursor]:
        """The size of the page and where it begins. Raises ValidationError."""
        self._request = request
        return self._page_size(request), self._cursor(request, ordering)

    def _cut(
        self,
        found: list[Any],
        size: int,
        cursor: _Cursor,
        ordering: Ordering,
        values: Callable[[Any], list[Any]],
    ) -> list[Any]:
        """The page out of what was found, which is one row more if there are more; notes the links on the way."""
        more = len(found) > size
        found = found[:size]
        before = more if cursor.backwards else bool(cursor.values)
        if cursor.backwards:
            found.reverse()
            self.first_position = max(cursor.position - len(found), 1) if before else 1
        else:
            self.first_position = cursor.position + 1
        last_position = self.first_position + len(found) - 1
        first, last = (values(found[0]), values(found[-1])) if found else ([], [])
        if more or cursor.backwards:
            self._next = self._link(ordering, last, last_position, backwards=False)
        if before:
            self._previous = self._link(ordering, first, self.first_position, backwards=True)
        return found

    def envelope(self, results: Any) -> dict[str, Any]:
        return {"next": self._next, "previous": self._previous, "results": results}

    def get_paginated_response(self, data: Any) -> Response:
        return Response(self.envelope(data))

    def get_results(self, data: dict[str, Any]) -> Any:
        return data["results"]

    def get_next_link(self) -> str | None:
        return self._next

    def get_previous_link(self) -> str | None:
        return self._previous

    def get_html_context(self) -> dict[str, str | None]:
        return {"previous_url": self._previous, "next_url": self._next}

    def to_html(self) -> str:
        return loader.get_template(self.template).render(self.get_html_context())

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page starts; follow `next` and `previous`.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": f"Rows a page, {self.page_size} if not given; more than {self.max_page_size} "
                f"gives {self.max_page_size}.",
                "schema": {"type": "integer", "minimum": 1},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def _page_size(self, request: HttpRequest | Request) -> int:
        text = request.GET.get("page_size", "")
        if not text:
            return self.page_size
        if not text.isdecimal() or not text.isascii() or not text.strip("0"):
            raise ValidationError({"page_size": f"{text!r:.40} is not a whole number from 1 up."}, code="invalid")
        return self.max_page_size if len(text) > 9 else min(int(text), self.max_page_size)

    def _cursor(self, request: HttpRequest | Request, ordering: Ordering) -> _Cursor:
        token = request.GET.get("cursor", "")
        if not token:
            return _Cursor()
        try:
            name, backwards, position, *values = _read(token)
        except (signing.BadSignature, ValueError) as error:
            raise _bad_cursor("This cursor was not made by this service.") from error
        if name != ordering.name:
            raise _bad_cursor(f"This cursor belongs to the ordering {name!r}, not {ordering.name!r}.")
        return _Cursor(backwards, position, tuple(values))

    def _link(self, ordering: Ordering, values: list[Any], position: int, *, backwards: bool) -> str:
        if not values:  # everything on this side has gone meanwhile: back to the start
            return self._start
        # Decimals and moments travel as text, which PostgreSQL compares exactly; JSON knows neither.
        values = [str(value) if isinstance(value, Decimal | datetime) else value for value in values]
        token = _written(ordering.name, backwards, position, *values)
        return f"{self._start}{'&' if '?' in self._start else '?'}cursor={token}"

    @cached_property
    def _start(self) -> str:
        """The address of the first page, as the client wrote it."""
        request = self._request
        path, _, query = request.get_full_path().partition("?")
        kept = "&".join([given for given in query.split("&") if unquote_plus(given.partition("=")[0]) != "cursor"])
        return f"{request.scheme}://{request.get_host()}{path}{'?' if kept else ''}{kept}"


def _rows(
    queryset: models.QuerySet[Any, Row], ordering: Ordering, values: tuple[Any, ...], descending: bool, limit: int
) -> list[Row]:
    rows = queryset.order_by(*(f"-{key}" if descending else key for key in ordering.keys))
    if values:
        keys = [models.F(key) for key in ordering.keys]
        rows = rows.filter(RowComparison(keys, "<" if descending else ">", [models.Value(v) for v in values]))
    return list(rows[:limit])


def _bad_cursor(reason: str) -> ValidationError:
    return ValidationError({"cursor": f"{reason} Start again without one."}, code="invalid")
