import math
from typing import ClassVar

from django.conf import settings
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
            models.Index("movie", "created_at", name="like_by_movie"),  # a film's sums are made from the index alone
        ]

    def __str__(self) -> str:
        return f"{self.user} likes {self.movie}"


def _board_indexes(*genre: str) -> list[models.Index]:
    """An index for each ranking: read backwards it gives the best first, and among equals the lowest id.

    Those of the whole catalogue are apart, because PostgreSQL does not take `genre IS NULL` for one fixed value.
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
    """The read model the rankings are served from: how a film stands in one genre, or in the whole catalogue.

    Every column can be computed anew from likes and films (`services.rebuild`). Each ranking is an index, so that a
    page is one range of it, whatever the number of films and likes.
    """

    movie = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="+", db_index=False)
    genre = models.ForeignKey(
        "movies.Genre", on_delete=models.CASCADE, related_name="+", null=True, db_index=False,
        help_text="Empty: the whole catalogue.",
    )  # fmt: skip
    likes = models.BigIntegerField(default=0)
    weighted_rating = models.FloatField()
    # Logarithms to base 2 of the decaying sums of likes, see formulas.py; one for each of settings.TRENDING_HALF_LIVES.
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
    """What the weighted rating takes from the whole catalogue. There is one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    mean_rating = models.FloatField(default=0.0)
    minimum_votes = models.BigIntegerField(default=0)
    half_lives = models.JSONField(default=dict, help_text="Hours, as the stored trends have them.")
    is_applied = models.BooleanField(default=False, help_text="Whether all films' scores are made with these.")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "parameters"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="parameters_one_row")]

    def __str__(self) -> str:
        return f"C = {self.mean_rating:.3f}, m = {self.minimum_votes}"
