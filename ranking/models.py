import math
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone


class Like(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    movie = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "movie"], name="like_once")]
        indexes: ClassVar = [
            models.Index("user", models.F("id").desc(), name="like_newest_first"),
            models.Index("movie", "created_at", name="like_by_movie"),  # sums of a film are index-only scans
            # Likes of the last days, for the admin. Costs next to nothing: likes are stored in the order of their time.
            BrinIndex(fields=["created_at"], name="like_by_day", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.user} likes {self.movie}"


def _board_indexes(*genre: str) -> list[models.Index]:
    """One index per ranking: scanned backwards, the best film comes first, and among equals the lowest id.

    The whole catalogue has indexes of its own, because the planner does not treat `genre IS NULL` as an equality.
    """
    boards = {
        "likes": ("likes",),
        "rating": (),
        "day": ("trend_day",),
        "week": ("trend_week",),
        "month": ("trend_month",),
    }
    return [
        models.Index(
            *genre,
            *columns,
            "weighted_rating",
            -models.F("movie"),
            name=f"standing_{genre[0] if genre else 'all'}_by_{board}",
            condition=models.Q(genre__isnull=not genre),
        )
        for board, columns in boards.items()
    ]


class Standing(models.Model):
    """The read model of the rankings: the scores of a film within one genre, or within the whole catalogue.

    Every column can be recomputed from likes and films (`services.rebuild`). Each ranking is an index, so a page is one
    index range, whatever the number of films and likes.
    """

    movie = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="+", db_index=False)
    genre = models.ForeignKey(
        "movies.Genre", on_delete=models.CASCADE, related_name="+", null=True, db_index=False,
        help_text="Empty: the whole catalogue.",
    )  # fmt: skip
    likes = models.BigIntegerField(default=0)
    weighted_rating = models.FloatField()
    # Base-2 logarithms of the decaying sums of likes (formulas.py), one for each of settings.TRENDING_HALF_LIVES.
    trend_day = models.FloatField(default=-math.inf)
    trend_week = models.FloatField(default=-math.inf)
    trend_month = models.FloatField(default=-math.inf)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["movie", "genre"], nulls_distinct=False, name="standing_once"),
            models.CheckConstraint(condition=models.Q(likes__gte=0), name="standing_likes_not_negative"),
        ]
        indexes: ClassVar = [*_board_indexes("genre"), *_board_indexes()]

    def __str__(self) -> str:
        return f"{self.movie} in {self.genre or 'the whole catalogue'}"


class Parameters(models.Model):
    """Statistics of the whole catalogue that the scores depend on: a single row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    mean_rating = models.FloatField(default=0.0)
    minimum_votes = models.BigIntegerField(default=0)
    half_lives = models.JSONField(default=dict, help_text="In hours, as the stored trends use them.")
    is_applied = models.BooleanField(default=False, help_text="Whether all scores use these parameters.")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "parameters"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="parameters_one_row")]

    def __str__(self) -> str:
        return f"C = {self.mean_rating:.3f}, m = {self.minimum_votes}"
