"""Rows of lists that are films, or have a film as their last member, `movie`.

Clients choose the film's members with `fields` and `include`. With a login it also has viewer-specific members: each is
an index look-up for each film, which takes less time than another statement for the whole page.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.views import APIView

from movies.serializers import MovieRowSerializer
from movies.statements import INCLUDED, summary_json, urls_of
from netflix.api.pagination import PAGE_PARAMETERS, KeysetPagination
from netflix.hot.compiled import Parameter
from netflix.hot.lists import KeysetList, MemberSelection, PageRequest

MEMBERS = tuple(MovieRowSerializer().fields)
_PARAMETERS = ("fields", "include")
_FLAGS = {"1": "1", "true": "1", "0": "0", "false": "0"}
_NO_FLAG = ErrorDetail("Give 1 or 0.", "invalid")


class ViewerFlags:
    """Viewer-specific members of films, such as `liked`, each true or false, and the filters by them.

    `lists`: by member, the model that has a row (`user`, `movie`) where it is true.
    """

    def __init__(self, lists: Mapping[str, type[Model]]) -> None:
        self.names = tuple(lists)
        self._lists = lists
        self.columns = tuple(_column_sql(name, model) for name, model in lists.items())

    def parse(self, query: QueryDict) -> dict[str, list[Any]]:
        """The filters by these members, such as `liked=1`. The flag is part of the filter's name; it has no values.

        Raises ValidationError.
        """
        chosen = {name: text for name in self.names if (text := str(query.get(name, "")))}
        if wrong := {name: [_NO_FLAG] for name, text in chosen.items() if text not in _FLAGS}:
            raise ValidationError(wrong)
        return {f"{name}={_FLAGS[text]}": [] for name, text in chosen.items()}

    def narrowed(self, movies: QuerySet[Any], filters: Iterable[str]) -> QuerySet[Any]:
        """The films that pass those of the filters that `parse` has made."""
        for name, is_set in flags_in(filters):
            own = Exists(self._lists[name]._default_manager.filter(user=Parameter("viewer_id"), movie=OuterRef("pk")))
            movies = movies.filter(own if is_set else ~own)
        return movies


def flags_in(filters: Iterable[str]) -> list[tuple[str, bool]]:
    """The filters by viewer-specific members that `ViewerFlags.parse` has made: each name, and the flag."""
    return [(name, flag == "1") for name, is_flag, flag in (text.partition("=") for text in filters) if is_flag]


def _column_sql(name: str, model: type[Model]) -> str:
    """SQL for a column: whether the film `movie` is on this list of the viewer."""
    own = f"FROM {model._meta.db_table} WHERE user_id = %(viewer_id)s AND movie_id = movie.id"
    return f"EXISTS (SELECT {own}) AS {name}"


class ListWithMovies(KeysetList):
    """Subclasses set `movie_id`, the column with the film's id; `columns_and_json` adds what a row has besides it."""

    page_parameters = (*PAGE_PARAMETERS, *_PARAMETERS)
    movie_id = "page.movie_id"
    is_nested = False  # whether the film is the row's last member, `movie`

    def __init__(self, viewer_flags: ViewerFlags | None = None) -> None:
        super().__init__()
        self.viewer_flags = viewer_flags or ViewerFlags({})

    def select_members(self, query: QueryDict, *, has_viewer: bool) -> MemberSelection:
        fields, included = _names(query, "fields", MEMBERS), _names(query, "include", tuple(INCLUDED))
        include = tuple(name for name in INCLUDED if name in included or name in fields)
        shown = frozenset({*fields, *included}) if fields else frozenset()
        has_viewer_members = has_viewer and not (shown and shown.isdisjoint(self.viewer_flags.names))
        return MemberSelection(include=include, fields=shown, has_viewer_members=has_viewer_members)

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        return {"viewer_id": viewer_id, **urls_of(request)}

    def movie_json(self, page_request: PageRequest, *more: str) -> str:
        """SQL of the film, with `more` columns."""
        viewer_columns = self.viewer_flags.columns if page_request.selection.has_viewer_members else ()
        return summary_json(
            self.movie_id, *(INCLUDED[name] for name in page_request.selection.include), *more, *viewer_columns
        )

    def finish_rows(self, page_request: PageRequest, rows: list[bytes], *_: Any) -> list[bytes]:
        """Remove the members of films that `fields` leaves out. Other members of a row, such as a rank, stay."""
        removed = {*MEMBERS} - page_request.selection.fields if page_request.selection.fields else ()
        if not removed:
            return rows
        shown: list[bytes] = []
        for row in map(orjson.loads, rows):
            movie = row["movie"] if self.is_nested else row
            for name in removed:
                movie.pop(name, None)
            shown.append(orjson.dumps(row))
        return shown


def _names(query: QueryDict, parameter: str, known: Sequence[str]) -> list[str]:
    """The names in a parameter, separated by commas. Raises ValidationError."""
    names = [name for text in query.getlist(parameter) for each in text.split(",") if (name := each.strip())]
    if unknown := next((name for name in names if name not in known), None):
        detail = f"{unknown!r:.60} is not a member of a film here. Allowed: {', '.join(known)}."
        raise ValidationError({parameter: [ErrorDetail(detail, "invalid_choice")]})
    return names


class MoviesPagination(KeysetPagination):
    """Pages of a ListWithMovies."""

    parameters = ListWithMovies.page_parameters

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        described = {
            "fields": "Only these members of each film, separated by commas; others are missing, though required here.",
            "include": f"More members of each film, separated by commas: {', '.join(INCLUDED)}.",
        }
        return [
            *super().get_schema_operation_parameters(view),
            *(
                {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}
                for name, text in described.items()
            ),
        ]
