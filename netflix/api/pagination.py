"""Keyset pagination: a page starts after the last row of the one before.

Page 10,000 costs as much as page 1, and inserted rows neither repeat nor hide others. (Markus Winand, "We need tool
support for keyset pagination", 2014, explains the method.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote_plus

from django.core import signing
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.views import APIView

Item = TypeVar("Item")

PAGE_PARAMETERS = ("cursor", "page_size")
PAGE_SIZE, MAX_PAGE_SIZE = 20, 100

signer = signing.Signer(salt="keyset-cursor")
_CACHED_CURSORS = 4096  # of some hundred bytes each, a few thousand with a long title


@dataclass(frozen=True, slots=True)
class Ordering:
    """A total order: the keys are annotation or column names, compared together, the last one unique."""

    name: str
    keys: tuple[str, ...]
    descending: bool = False


class Cursor(NamedTuple):
    """Where a page begins. `values` are the keys of the row next to the page, `position` is its number in the list,
    from 1. Without values it is the first page."""

    backwards: bool = False
    position: int = 0
    values: tuple[Any, ...] = ()


# Cached, because the same pages are requested often. (`typed`: 1 and 1.0 are signed differently.)
@lru_cache(_CACHED_CURSORS, typed=True)
def sign_cursor(ordering: str, backwards: bool, position: int, *values: Any) -> str:
    """A cursor as links have it."""
    return quote(signer.sign_object((ordering, backwards, position, *values)))


@lru_cache(_CACHED_CURSORS)
def _unsign(token: str) -> tuple[Any, ...]:
    """Raises BadSignature, ValueError."""
    return tuple(signer.unsign_object(token))


def parse_page_size(query: QueryDict, default: int) -> int:
    """Raises ValidationError."""
    text = query.get("page_size", "")
    if not text:
        return default
    if not text.isdecimal() or not text.isascii() or not text.strip("0"):
        raise ValidationError({"page_size": f"{text!r:.40} is not a whole number from 1 up."}, code="invalid")
    return MAX_PAGE_SIZE if len(text) > 9 else min(int(text), MAX_PAGE_SIZE)


def parse_cursor(query: QueryDict, ordering: Ordering) -> Cursor:
    """Raises ValidationError."""
    token = query.get("cursor", "")
    if not token:
        return Cursor()
    try:
        name, backwards, position, *values = _unsign(token)
    except (signing.BadSignature, ValueError) as error:
        raise _bad_cursor("This cursor was not made by this service.") from error
    if name != ordering.name:
        raise _bad_cursor(f"This cursor belongs to the ordering {name!r}, not {ordering.name!r}.")
    return Cursor(backwards, position, tuple(values))


def _bad_cursor(reason: str) -> ValidationError:
    return ValidationError({"cursor": f"{reason} Start again without one."}, code="invalid")


class PageLinks:
    """Links to the next and the previous page. `row_count` is the number of rows read: `size` + 1 if there are more.

    `first_position` is the number of the page's first row in the whole list, from 1, counted along the previous pages.
    """

    def __init__(self, ordering: Ordering, size: int, cursor: Cursor, *, row_count: int) -> None:
        self._ordering = ordering
        self._backwards = cursor.backwards
        self._count = min(row_count, size)
        more = row_count > size
        self._has_next = more or cursor.backwards
        self._has_previous = more if cursor.backwards else bool(cursor.values)
        if not cursor.backwards:
            self.first_position = cursor.position + 1
        else:
            self.first_position = max(cursor.position - self._count, 1) if more else 1

    def on_page(self, rows: list[Item]) -> list[Item]:
        """The rows of the page, in the list's order."""
        rows = rows[: self._count]
        return rows[::-1] if self._backwards else rows

    def links(self, request: HttpRequest, first: Sequence[Any], last: Sequence[Any]) -> dict[str, str | None]:
        """`next` and `previous`. `first` and `last` are the keys of the page's first and last row, or empty."""
        start = _address_of_first_page(request)
        last_position = self.first_position + self._count - 1
        return {
            "next": self._link(start, last, last_position, backwards=False) if self._has_next else None,
            "previous": self._link(start, first, self.first_position, backwards=True) if self._has_previous else None,
        }

    def _link(self, start: str, values: Sequence[Any], position: int, *, backwards: bool) -> str:
        if not values:  # all rows on this side were deleted: link to the first page
            return start
        token = sign_cursor(self._ordering.name, backwards, position, *values)
        return f"{start}{'&' if '?' in start else '?'}cursor={token}"


def _address_of_first_page(request: HttpRequest) -> str:
    """The request's URL as the client wrote it, without the cursor."""
    return f"{request.scheme}://{request.get_host()}{_without_cursor(request.get_full_path())}"


@lru_cache(_CACHED_CURSORS)
def _without_cursor(path: str) -> str:
    path, _, query = path.partition("?")
    others = "&".join([part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != "cursor"])
    return f"{path}{'?' if others else ''}{others}"


class KeysetPagination(BasePagination):
    """Envelope `{next, previous, results}`, for the schema; `netflix.hot.lists` reads pages."""

    parameters: tuple[str, ...] = PAGE_PARAMETERS
    page_size = PAGE_SIZE

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        most = MAX_PAGE_SIZE
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
                "description": f"Rows a page, {self.page_size} if not given; more than {most} gives {most}.",
                "schema": {"type": "integer", "minimum": 1},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        description = "The URL of the {} page; null if there is none."
        links = {
            which: {"type": ["string", "null"], "format": "uri", "description": description.format(which)}
            for which in ("next", "previous")
        }
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {**links, "results": {**schema, "description": "The rows of this page."}},
        }
