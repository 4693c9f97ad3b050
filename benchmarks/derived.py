"""Fills the tables that the product derives from facts and likes. A new table of this kind needs a step in `STEPS`."""

from collections.abc import Callable

from django.db import connection

from movies import search
from movies import selectors as movie_selectors
from ranking import selectors, services
from ranking.models import Parameters

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
_STANDINGS = """
    WITH newest AS (
        SELECT movie_id, count(*) AS likes, max(created_at) AS at FROM ranking_like GROUP BY movie_id
    ), dated AS (
        SELECT movie_id, extract(epoch FROM created_at - at)::float8 / 3600 AS hours
          FROM ranking_like JOIN newest USING (movie_id)
    ), summed AS (
        SELECT movie_id,
               sum(power(2, greatest(hours / %(day)s, -1000))) AS day,
               sum(power(2, greatest(hours / %(week)s, -1000))) AS week,
               sum(power(2, greatest(hours / %(month)s, -1000))) AS month
          FROM dated GROUP BY movie_id
    ), tallied AS (
        SELECT movie_id, likes,
               elapsed / %(day)s + ln(day) / ln(2::float8) AS day,
               elapsed / %(week)s + ln(week) / ln(2::float8) AS week,
               elapsed / %(month)s + ln(month) / ln(2::float8) AS month
          FROM summed JOIN newest USING (movie_id),
               LATERAL (SELECT extract(epoch FROM at - timestamptz '2026-01-01 00:00:00+00')::float8 / 3600 AS elapsed)
                    AS since
    )
    INSERT INTO ranking_standing (movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month)
    SELECT movie.id, place.genre_id, coalesce(tallied.likes, 0),
           CASE WHEN imdb_rating IS NULL OR coalesce(imdb_votes, 0) = 0 THEN mean_rating
                ELSE (imdb_votes * imdb_rating::float8 + minimum_votes * mean_rating) / (imdb_votes + minimum_votes)
           END,
           coalesce(tallied.day, '-Infinity'), coalesce(tallied.week, '-Infinity'),
           coalesce(tallied.month, '-Infinity')
      FROM movies_movie AS movie
     CROSS JOIN ranking_parameters
      LEFT JOIN tallied ON tallied.movie_id = movie.id
      JOIN (SELECT id AS movie_id, NULL AS genre_id FROM movies_movie
            UNION ALL SELECT movie_id, genre_id FROM movies_moviegenre) AS place ON place.movie_id = movie.id
     ORDER BY movie.id
"""
TABLES = ("movies_searchdocument", "movies_likecount", "ranking_standing")


def _search_documents() -> None:
    search.rebalance_tiers()
    search.update_index()


def _like_counts() -> None:
    _execute(_LIKE_COUNTS)


def _parameters() -> None:
    mean, votes = movie_selectors.rating_statistics(services.VOTES_PERCENTILE)
    values = {"mean_rating": mean, "minimum_votes": votes, "half_lives": selectors.half_lives(), "is_applied": True}
    Parameters.objects.update_or_create(pk=1, defaults=values)


def _standings() -> None:
    _execute(_STANDINGS, selectors.half_lives())


STEPS: dict[str, Callable[[], None]] = {
    "search documents": _search_documents,
    "counts of likes": _like_counts,
    "ranking parameters": _parameters,
    "standings": _standings,
}


def _execute(statement: str, parameters: dict[str, float] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
