"""What may be read of likes and rankings."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from movies import selectors as movie_selectors
from movies.selectors import MovieSummary
from netflix.api.pagination import Ordering
from ranking import formulas
from ranking.models import Like, Parameters, Standing

Row = dict[str, Any]
Rows = models.QuerySet[Any, Any]  # of Row

NEWEST_FIRST = Ordering("newest", ("id",), descending=True)
BY = ("likes", "trending", "rating")
WINDOWS = ("day", "week", "month")
DEFAULT_WINDOW = "week"


class Explanation(TypedDict):
    """What a score is made of; docs/adr/0006 has the formulas. From `half_life_hours` on only of trending."""

    likes: int
    weighted_rating: float
    imdb_rating: Decimal | None
    imdb_votes: int | None
    mean_rating: float
    minimum_votes: int
    half_life_hours: NotRequired[float]
    landmark: NotRequired[datetime]
    at: NotRequired[datetime]
    half_lives_since_landmark: NotRequired[float]
    log2_sum: NotRequired[float | None]  # None: no likes


class RankedMovie(MovieSummary):
    """A film with its place in a ranking."""

    rank: int
    score: float


class ExplainedMovie(RankedMovie):
    explain: Explanation


class ViewerFacts(TypedDict):
    liked: bool


@dataclass(frozen=True, slots=True)
class Board:
    """One of the rankings."""

    by: str
    window: str = DEFAULT_WINDOW

    @property
    def is_known(self) -> bool:
        return self.by in BY and self.window in WINDOWS

    @property
    def decays(self) -> bool:
        """Whether scores fall with time."""
        return self.by == "trending"

    @property
    def column(self) -> str:
        return {"likes": "likes", "rating": "weighted_rating"}.get(self.by, f"trend_{self.window}")

    @property
    def ordering(self) -> Ordering:
        """Best first; equals by weighted rating, then by id from the lowest."""
        keys = dict.fromkeys((self.column, "weighted_rating", "_id"))
        return Ordering(f"{self.by}-{self.window}", tuple(keys), descending=True)

    def rows(self, genre_id: int | None) -> Rows:
        """All films of a genre, or of the whole catalogue, with their summaries and what their scores are made of."""
        parameters = Parameters.objects.values
        rows: Rows = (
            Standing.objects.filter(genre=genre_id)
            .annotate(_id=-models.F("movie"))
            .values(
                *dict.fromkeys((self.column, "likes", "weighted_rating", "_id")),
                imdb_votes=models.F("movie__imdb_votes"),
                mean_rating=Coalesce(models.Subquery(parameters("mean_rating")[:1]), 0.0),
                minimum_votes=Coalesce(models.Subquery(parameters("minimum_votes")[:1]), 0),
                **movie_selectors.summary_fields("movie"),
            )
        )
        return rows

    def ranked(self, row: Row, *, rank: int, at: datetime, explain: bool) -> RankedMovie | ExplainedMovie:
        """A film's summary with its place and score, and on demand what the score is made of."""
        movie = movie_selectors.summary(row)
        ranked: RankedMovie = {"rank": rank, "score": self.score(row, at), **movie}
        return {**ranked, "explain": self._explanation(row, movie, at)} if explain else ranked

    def score(self, row: Row, at: datetime) -> float:
        """What a row with the ordering's keys is ranked by, at this moment."""
        if self.decays:
            return formulas.decayed(row[self.column], at=at, half_life_hours=half_lives()[self.window])
        score: float = row[self.column]
        return score

    def _explanation(self, row: Row, movie: MovieSummary, at: datetime) -> Explanation:
        explanation: Explanation = {
            "likes": row["likes"],
            "weighted_rating": row["weighted_rating"],
            "imdb_rating": movie["imdb_rating"],
            "imdb_votes": row["imdb_votes"],
            "mean_rating": row["mean_rating"],
            "minimum_votes": row["minimum_votes"],
        }
        if not self.decays:
            return explanation
        hours = half_lives()[self.window]
        return {
            **explanation,
            "half_life_hours": hours,
            "landmark": formulas.LANDMARK,
            "at": at,
            "half_lives_since_landmark": formulas.exponent(at, hours),
            "log2_sum": row[self.column] if row["likes"] else None,
        }


def half_lives() -> dict[str, float]:
    """The half-life of a like in each window, in hours."""
    lives: dict[str, float] = settings.TRENDING_HALF_LIVES
    return lives


def half_lives_are_stored() -> bool:
    """Whether the stored trends were made with the half-lives of today's settings."""
    return Parameters.objects.filter(half_lives=half_lives()).exists()


def locked_parameters() -> Parameters:
    """The parameters, which nobody changes until the transaction ends."""
    rows = Parameters.objects.raw("SELECT * FROM ranking_parameters FOR SHARE")
    return next(iter(rows), None) or Parameters()


def liked_movies(user_id: int) -> list[int]:
    """The ids of the films that a person likes."""
    return list(Like.objects.filter(user=user_id).values_list("movie", flat=True))


def liked(*, user_id: int, movie_id: int) -> bool:
    return Like.objects.filter(user=user_id, movie=movie_id).exists()


def likes(user_id: int) -> Rows:
    """A person's own likes, with the films' summaries."""
    return Like.objects.filter(user=user_id).values("id", "created_at", **movie_selectors.summary_fields("movie"))


def unranked(*, limit: int) -> list[int]:
    """Films that stand in no ranking yet, such as those of an import that has not ended."""
    stands = Standing.objects.filter(movie=models.OuterRef("pk"), genre=None)
    return list(
        movie_selectors.movies().filter(~models.Exists(stands)).order_by("pk").values_list("pk", flat=True)[:limit]
    )
