"""Rows of lists that are films, or have a film as their last member, `movie`.

Clients choose its members with `fields` and `include`. With a login it also has what the film is to the viewer, from
one more statement for the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.views import APIView

from movies.serializers import MovieRowSerializer
from movies.statements import INCLUDED, summary_json
from netflix.api.pagination import PAGE_PARAMETERS, KeysetPagination
from netflix.hot.compiled import Parameter
from netflix.hot.lists import Choice, KeysetList, PageRequest
from netflix.hot.pages import Page
from netflix.hot.statements import Query, Row, Statement
from netflix.hot.steps import Steps

MEMBERS = tuple(MovieRowSerializer().fields)
_PARAMETERS = ("fields", "include")
_FLAGS = {"1": "1", "true": "1", "0": "0", "false": "0"}
_NO_FLAG = ErrorDetail("Give 1 or 0.", "invalid")


class ViewerRows:
    """What films are to a viewer, each member true or false, and filters by that.

    `lists`: for each member the model that has a row (`user`, `movie`) where it is true.
    """

    def __init__(self, lists: Mapping[str, type[Model]]) -> None:
        self.names = tuple(lists)
        self._lists = lists
        self._statement = Statement(f"SELECT {', '.join(map(_ids_sql, lists.values()))}")
        self._texts = [tuple(f',"{name}":{value}'.encode() for value in ("false", "true")) for name in lists]

    def parse(self, given: QueryDict) -> dict[str, list[Any]]:
        """The filters among the parameters, such as `liked=1`: they are part of the name, and have no values.

        Raises ValidationError.
        """
        chosen = {name: text for name in self.names if (text := str(given.get(name, "")))}
        if wrong := {name: [_NO_FLAG] for name, text in chosen.items() if text not in _FLAGS}:
            raise ValidationError(wrong)
        return {f"{name}={_FLAGS[text]}": [] for name, text in chosen.items()}

    def narrowed(self, movies: QuerySet[Any], filters: Iterable[str]) -> QuerySet[Any]:
        """The films that pass those of the filters that `parse` has made."""
        for name, _, flag in (text.partition("=") for text in filters if "=" in text):
            own = Exists(self._lists[name]._default_manager.filter(user=Parameter("viewer_id"), movie=OuterRef("pk")))
            movies = movies.filter(own if flag == "1" else ~own)
        return movies

    def query(self, viewer_id: int, movie_ids: Sequence[bytes]) -> Query[list[bytes]]:
        """Results in the JSON members for each film, each with a comma before it."""

        def result(rows: list[Row]) -> list[bytes]:
            having = [frozenset(ids[1:-1].split(b",")) for ids in rows[0]]
            parts = list(zip(self._texts, having, strict=True))
            return [b"".join([texts[movie_id in ids] for texts, ids in parts]) for movie_id in movie_ids]

        values = {"viewer_id": viewer_id, "movie_ids": f"{{{b','.join(movie_ids).decode()}}}"}
        return Query(self._statement, values, result)


def _ids_sql(model: type[Model]) -> str:
    """SQL for an array of the ids among `%(movie_ids)s` that are on this list of `%(viewer_id)s`."""
    return f"""
        ARRAY(SELECT movie_id FROM {model._meta.db_table}
               WHERE user_id = %(viewer_id)s AND movie_id = ANY(%(movie_ids)s))
    """  # noqa: S608  # a table of ours


class ListWithMovies(KeysetList):
    """Subclasses say where the film's id is (`movie_id`), and in `presentation` what a row is besides `movie_json`."""

    page_parameters = (*PAGE_PARAMETERS, *_PARAMETERS)
    movie_id = "page.movie_id"
    is_nested = False  # whether the film is the row's last member, `movie`

    def __init__(self, viewer_rows: ViewerRows | None = None) -> None:
        super().__init__()
        self._viewer_rows = viewer_rows

    def choice(self, given: QueryDict) -> Choice:
        fields, included = _names(given, "fields", MEMBERS), _names(given, "include", tuple(INCLUDED))
        wanted = tuple(name for name in INCLUDED if name in included or name in fields)
        return Choice(include=wanted, fields=frozenset({*fields, *included}) if fields else frozenset())

    def movie_json(self, wanted: PageRequest, *more: str) -> str:
        """SQL of the film, with `more` columns."""
        return summary_json(self.movie_id, *(INCLUDED[name] for name in wanted.choice.include), *more)

    def page(self, wanted: PageRequest, values: Mapping[str, object]) -> Steps[Page]:
        page: Page = yield from super().page(wanted, values)
        viewer_id, viewer_rows = values["viewer_id"], self._viewer_rows
        if not page.rows or not isinstance(viewer_id, int) or viewer_rows is None:
            return page
        if wanted.choice.fields and wanted.choice.fields.isdisjoint(viewer_rows.names):
            return page
        members = yield viewer_rows.query(viewer_id, list(map(self._id_in, page.rows)))
        end = -2 if self.is_nested else -1
        rows = [row[:end] + own + row[end:] for row, own in zip(page.rows, members, strict=True)]
        return page._replace(rows=rows)

    def complete(self, wanted: PageRequest, rows: list[bytes], *_: Any) -> list[bytes]:
        """Removes what `fields` does not name. What is no member of a film, such as a rank, stays."""
        removed = {*MEMBERS} - wanted.choice.fields if wanted.choice.fields else ()
        if not removed:
            return rows
        shown: list[bytes] = []
        for row in map(orjson.loads, rows):
            movie = row["movie"] if self.is_nested else row
            for name in removed:
                movie.pop(name, None)
            shown.append(orjson.dumps(row))
        return shown

    def _id_in(self, row: bytes) -> bytes:
        """The film's id, its first member. In JSON no text contains these quotes."""
        begin = row.index(b'"movie":{"id":') + 14 if self.is_nested else 6
        return row[begin : row.index(b",", begin)]


def _names(given: QueryDict, parameter: str, known: Sequence[str]) -> list[str]:
    """The names in a parameter, separated by commas. Raises ValidationError."""
    names = [name for text in given.getlist(parameter) for each in text.split(",") if (name := each.strip())]
    if unknown := next((name for name in names if name not in known), None):
        said = f"{unknown!r:.60} is no member of a film here. Allowed: {', '.join(known)}."
        raise ValidationError({parameter: [ErrorDetail(said, "invalid_choice")]})
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
