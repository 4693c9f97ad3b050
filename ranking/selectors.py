"""Public reads of likes and rankings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from movies import selectors as movie_selectors
from netflix.api.pagination import Ordering
from ranking import formulas
from ranking.models import Like, Parameters, Standing

NEWEST_FIRST = Ordering("newest", ("id",), descending=True)
CRITERIA = ("likes", "trending", "rating")
WINDOWS = ("day", "week", "month")
DEFAULT_WINDOW = "week"


class ViewerFacts(TypedDict):
    liked: bool


@dataclass(frozen=True, slots=True)
class Board:
    """One of the rankings."""

    by: str
    window: str = DEFAULT_WINDOW

    @property
    def decays(self) -> bool:
        """Whether scores fall with time."""
        return self.by == "trending"

    @property
    def column(self) -> str:
        return {"likes": "likes", "rating": "weighted_rating"}.get(self.by, f"trend_{self.window}")

    @property
    def ordering(self) -> Ordering:
        """Best first; ties by weighted rating, then by lowest id."""
        keys = dict.fromkeys((self.column, "weighted_rating", "_id"))
        return Ordering(f"{self.by}-{self.window}", tuple(keys), descending=True)

    def scores(self, values: list[float], at: datetime | None) -> Sequence[float]:
        """The scores, given the values of the ordering's first key; decaying ones need the moment `at`."""
        if self.decays and at is not None:
            return formulas.decayed(values, at=at, half_life_hours=half_lives()[self.window])
        return [int(value) for value in values] if self.by == "likes" else values


BOARDS = {board.ordering.name: board for board in (Board(by, window) for by in CRITERIA for window in WINDOWS)}


def half_lives() -> dict[str, float]:
    """The half-life of a like in each window, in hours."""
    lives: dict[str, float] = settings.TRENDING_HALF_LIVES
    return lives


def stored_half_lives_are_current() -> bool:
    """Whether the stored trends were made with the half-lives of today's settings."""
    return Parameters.objects.filter(half_lives=half_lives()).exists()


def locked_parameters() -> Parameters:
    """The parameters, locked against changes until the transaction ends."""
    rows = Parameters.objects.raw("SELECT * FROM ranking_parameters FOR SHARE")
    return next(iter(rows), None) or Parameters()


def liked_movies(user_id: int) -> list[int]:
    """The ids of the films that a person likes."""
    return list(Like.objects.filter(user=user_id).values_list("movie", flat=True))


class RankedMovie(TypedDict):
    movie: int
    movie__title: str
    movie__year: int | None
    likes: int


def best(board: Board, *, limit: int) -> list[RankedMovie]:
    """The first films of a ranking of the whole catalogue; of trends only those that somebody likes."""
    rows = Standing.objects.filter(genre=None).annotate(_id=-models.F("movie"))
    if board.decays:
        rows = rows.filter(**{f"{board.column}__gt": float("-inf")})
    ordered = rows.order_by(*(models.F(key).desc() for key in board.ordering.keys))
    return list(ordered.values("movie", "movie__title", "movie__year", "likes")[:limit])


def likes_per_day(days: int) -> list[tuple[date, int]]:
    """How many of the likes that exist now were given on each of the last `days` days, today included; oldest first."""
    today = timezone.now().astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    # Of PostgreSQL's ways to the day of a moment this is the quickest; connections are in UTC.
    per_day = Like.objects.filter(created_at__gte=since).annotate(day=Cast("created_at", models.DateField()))
    counts = dict(per_day.order_by().values_list("day").annotate(models.Count("pk")))
    return [(day, counts.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))]


def unranked(*, limit: int) -> list[int]:
    """Ids of films without a standing yet, such as those of a running import."""
    standing = Standing.objects.filter(movie=models.OuterRef("pk"), genre=None)
    return list(
        movie_selectors.movies().filter(~models.Exists(standing)).order_by("pk").values_list("pk", flat=True)[:limit]
    )
