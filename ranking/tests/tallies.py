"""Counts and trends of films, computed from likes in another way than the product does."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ranking import formulas
from ranking.selectors import WINDOWS, half_lives
from ranking.tests import arithmetic


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of a film's likes, and its trend for each window."""

    likes: int = 0
    trends: tuple[float, ...] = (arithmetic.NO_LIKES,) * len(WINDOWS)


def tallies(movie_ids: Collection[int]) -> dict[int, Tally]:
    """The tallies of these films; those without likes are left out."""
    hours = [half_lives()[window] for window in WINDOWS]
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, {"movie_ids": list(movie_ids), **dict(zip(WINDOWS, hours, strict=True))})
        return {
            movie_id: Tally(count, _trends(newest, sums, hours)) for movie_id, count, newest, *sums in cursor.fetchall()
        }


def _trends(newest: datetime, sums: list[float], hours: list[float]) -> tuple[float, ...]:
    """`sums` are the weights relative to that of the newest like."""
    return tuple(
        arithmetic.total(formulas.exponent(newest, half_life), relative)
        for half_life, relative in zip(hours, sums, strict=True)
    )


# A double cannot add weights below 2^-1000 of the newest, and PostgreSQL would raise an underflow error for them.
_TALLY = """
    WITH dated AS (
        SELECT movie_id, created_at,
               extract(epoch FROM created_at - max(created_at) OVER (PARTITION BY movie_id))::float8 / 3600 AS hours
          FROM ranking_like WHERE movie_id = ANY(%(movie_ids)s)
    )
    SELECT movie_id, count(*), max(created_at),
           sum(power(2, greatest(hours / %(day)s, -1000))),
           sum(power(2, greatest(hours / %(week)s, -1000))),
           sum(power(2, greatest(hours / %(month)s, -1000)))
      FROM dated GROUP BY movie_id
"""
