"""Fills the tables that the product derives from facts and likes. A new table of this kind needs a step in `STEPS`."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from movies import search
from movies import selectors as movie_selectors
from ranking import formulas, selectors, services
from ranking.models import Parameters
from ranking.standings import WEIGHTED_RATING

_LIKE_COUNTS = """
    INSERT INTO movies_likecount (movie_id, likes)
    SELECT movie.id, coalesce(counted.likes, 0)
      FROM movies_movie AS movie
      LEFT JOIN (SELECT movie_id, count(*) AS likes FROM ranking_like GROUP BY movie_id) AS counted
             ON counted.movie_id = movie.id
     ORDER BY movie.id
    ON CONFLICT (movie_id) DO UPDATE SET likes = excluded.likes
"""
# The result of `ranking.services.rebuild`, in one statement.
_STANDINGS = f"""
    WITH counted AS MATERIALIZED (
        SELECT movie_id, count(*) AS likes, ranking_trends(movie_id, %(landmark)s, %(half_lives)s::float8[]) AS trends
          FROM ranking_like GROUP BY movie_id
    )
    INSERT INTO ranking_standing (movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month)
    SELECT movie.id, place.genre_id, coalesce(counted.likes, 0), {WEIGHTED_RATING},
           coalesce(trends[1], '-Infinity'), coalesce(trends[2], '-Infinity'), coalesce(trends[3], '-Infinity')
      FROM movies_movie AS movie
      LEFT JOIN counted ON counted.movie_id = movie.id
      JOIN (SELECT id AS movie_id, NULL AS genre_id FROM movies_movie
            UNION ALL SELECT movie_id, genre_id FROM movies_moviegenre) AS place ON place.movie_id = movie.id
     ORDER BY movie.id
"""
TABLES = ("movies_searchdocument", "movies_likecount", "ranking_standing")


def _search_documents() -> None:
    search.rebalance_tiers()
    search.update_index()


def _like_counts() -> None:
    _execute(_LIKE_COUNTS, {})


def _parameters() -> None:
    mean, votes = movie_selectors.rating_statistics(services.VOTES_PERCENTILE)
    values = {"mean_rating": mean, "minimum_votes": votes, "half_lives": selectors.half_lives(), "is_applied": True}
    Parameters.objects.update_or_create(pk=1, defaults=values)


def _standings() -> None:
    parameters = Parameters.objects.get()
    values = {
        "landmark": formulas.LANDMARK,
        "half_lives": [selectors.half_lives()[window] for window in selectors.WINDOWS],
        "mean": parameters.mean_rating,
        "minimum": parameters.minimum_votes,
    }
    _execute(_STANDINGS, values)


STEPS: dict[str, Callable[[], None]] = {
    "search documents": _search_documents,
    "counts of likes": _like_counts,
    "ranking parameters": _parameters,
    "standings": _standings,
}


def _execute(statement: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
