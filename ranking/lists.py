"""Reads of rankings and likes, and the fast path for likes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError as InvalidForm
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.fields import get_error_detail

from movies import statements as movie_statements
from movies.rows import ListWithMovies
from movies.selectors import NoSuchMovie, genre_id_named, movies_of_genre
from netflix.api.caching import rounded_now
from netflix.api.pagination import Ordering
from netflix.api.renderers import OrjsonRenderer
from netflix.api.serializers import validated_query
from netflix.hot.compiled import Parameter
from netflix.hot.lists import Filters, PageRequest, refuse_parameters
from netflix.hot.pages import row_json, timestamp_json
from netflix.hot.statements import Lane, Statement, fits_bigint
from netflix.hot.steps import Content, Steps, WriteResult
from ranking import formulas, selectors, statements
from ranking.models import Like, Parameters, Standing
from ranking.selectors import BOARDS, Board, half_lives
from ranking.serializers import RankingQuerySerializer


class RankingList(ListWithMovies):
    """The films of a genre, or of the whole catalogue, best first."""

    parameters = tuple(RankingQuerySerializer().fields)
    columns = ("movie_id",)

    def parse(self, query: QueryDict) -> tuple[Filters, Ordering]:
        valid = validated_query(RankingQuerySerializer, query)
        filters: dict[str, list[Any]] = {"genre": valid["genre"]} if "genre" in valid else {}
        if valid["explain"]:
            filters["explain"] = []
        return filters, Board(valid["by"], valid.get("window", selectors.DEFAULT_WINDOW)).ordering

    def rows(self, filters: Filters) -> QuerySet[Any]:
        first, *others = filters.get("genre") or [None]
        rows = Standing.objects.filter(genre=genre_id_named(first) if first else None).annotate(_id=-F("movie"))
        for genre in others:
            rows = rows.filter(movie__in=movies_of_genre(genre))
        if "explain" not in filters:
            return rows
        parameters = Parameters.objects.values
        return rows.annotate(
            mean_rating=Coalesce(Subquery(parameters("mean_rating")[:1]), 0.0),
            minimum_votes=Coalesce(Subquery(parameters("minimum_votes")[:1]), 0),
        )

    def columns_and_json(self, page_request: PageRequest) -> tuple[Sequence[str], str]:
        if "explain" not in page_request.filters:
            return self.columns, self.movie_json(page_request)
        columns = ("movie_id", "likes", "weighted_rating", "mean_rating", "minimum_votes")
        return columns, self.movie_json(page_request, _EXPLANATION)

    def read(self, request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
        page_request, values = self.page_request(request, viewer_id), self.values(request, viewer_id)
        page = yield from self.page(page_request, values)
        if not page.rows and "genre" in page_request.filters:
            choices = yield movie_statements.filter_choices()
            try:
                genres = movie_statements.catalogue_spelling(page_request.filters["genre"], choices.genres)
            except InvalidForm as error:
                raise ValidationError({"genre": get_error_detail(error)}) from error
            page_request = page_request._replace(filters={**page_request.filters, "genre": genres})
            page = yield from self.page(page_request, values)
        members = {"at": rounded_now()} if BOARDS[page_request.ordering.name].decays else {}
        return self.content(request, page_request, page, **members)

    def make_statement(self, sql: str, page_request: PageRequest) -> Statement:
        """Which of several genres has the fewest films depends on the values."""
        has_one_plan = len(page_request.filters.get("genre", ())) <= 1
        lane = Lane.QUICK if has_one_plan else Lane.SLOW
        return Statement(sql, lane=lane, prepared=has_one_plan, parameters=["viewer_id"])

    def finish_rows(
        self,
        page_request: PageRequest,
        rows: list[bytes],
        keys: list[bytes],
        first_position: int,
        members: Mapping[str, Any],
    ) -> list[bytes]:
        """Add rank and score, which depend on the position and the time."""
        board, at = BOARDS[page_request.ordering.name], members.get("at")
        values = [float(value) for value, *_ in orjson.loads(b"[%b]" % b",".join(keys))]
        if "explain" in page_request.filters and at is not None:
            rows = _with_trend(rows, values, board, at)
        scores = _json_of_each(board.scores(values, at))
        ranked = enumerate(zip(rows, scores, strict=True), start=first_position)
        rows = [b'{"rank":%d,"score":%b,%b' % (rank, score, row[1:]) for rank, (row, score) in ranked]
        return super().finish_rows(page_request, rows)


# The inputs of the score; docs/adr/0006 has the formulas.
_EXPLAINED = row_json(
    "page.likes, page.weighted_rating, movie.imdb_rating, movie.imdb_votes, page.mean_rating, page.minimum_votes"
)
_EXPLANATION = f"{_EXPLAINED} AS explain"


def _with_trend(rows: list[bytes], values: list[float], board: Board, at: datetime) -> list[bytes]:
    """Add the inputs of decaying scores to `explain`, an object of numbers."""
    hours = half_lives()[board.window]
    members = {
        "half_life_hours": hours,
        "landmark": formulas.LANDMARK,
        "at": at,
        "half_lives_since_landmark": formulas.exponent(at, hours),
    }
    common = OrjsonRenderer().render(members)[1:-1]
    # Without likes the sum is -infinity, which orjson renders as null.
    completed: list[bytes] = []
    for row, log2_sum in zip(rows, _json_of_each(values), strict=True):
        end = row.index(b"}", row.index(b',"explain":{'))
        completed.append(b'%b,%b,"log2_sum":%b%b' % (row[:end], common, log2_sum, row[end:]))
    return completed


def _json_of_each(numbers: Sequence[float]) -> list[bytes]:
    return orjson.dumps(numbers)[1:-1].split(b",") if numbers else []


class LikeList(ListWithMovies):
    """The films that a person likes, newest like first."""

    ordering = selectors.NEWEST_FIRST
    columns = ("movie_id", "created_at")
    is_nested = True

    def rows(self, filters: Filters) -> QuerySet[Any]:
        return Like.objects.filter(user=Parameter("viewer_id"))

    def columns_and_json(self, page_request: PageRequest) -> tuple[Sequence[str], str]:
        liked_at = timestamp_json("page.created_at")
        return self.columns, row_json(f"{liked_at} AS liked_at, {self.movie_json(page_request)} AS movie")


def read_like_state(request: HttpRequest, viewer_id: int | None = None, *, movie_id: int) -> Steps[Content]:
    """How many people like a film; with a login also whether the viewer does. Raises NoSuchMovie, ValidationError."""
    refuse_parameters(request)
    likes = (yield movie_statements.likes(movie_id)) if fits_bigint(movie_id) else None
    if likes is None:
        raise NoSuchMovie
    facts = (yield statements.viewer_facts(viewer_id, movie_id)) if viewer_id is not None else {}
    return Content(OrjsonRenderer().render({"likes": likes, **facts}))


def like(viewer_id: int, movie_id: int) -> Steps[WriteResult | None]:
    """Fast path: one statement. None means fallback to the view."""
    if not fits_bigint(movie_id):
        return None
    change = yield statements.like(user_id=viewer_id, movie_id=movie_id)
    is_liked = change.outcome in ("liked", "liked before")
    return WriteResult(200, {"likes": change.likes, "liked": True}) if is_liked else None


def unlike(viewer_id: int, movie_id: int) -> Steps[WriteResult | None]:
    """Fast path: one statement. None means fallback to the view."""
    if not fits_bigint(movie_id):
        return None
    change = yield statements.unlike(user_id=viewer_id, movie_id=movie_id)
    return WriteResult(204) if change.outcome in ("unliked", "not liked") else None
