"""Computes the standings of films from their facts and likes, in one statement for any number of films."""

from collections.abc import Collection

from django.db import connection

from movies import services as movie_services
from movies.statements import RANKING_INPUTS
from ranking import formulas, selectors


def store(movie_ids: Collection[int]) -> int:
    """Recompute the standings of films whose likes the caller has locked; return how many rows were wrong.

    Locks the parameters until the caller's transaction ends.
    """
    parameters = selectors.locked_parameters()
    ids = list(movie_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "movie_ids": ids,
                "mean": parameters.mean_rating,
                "minimum": parameters.minimum_votes,
                "landmark": formulas.LANDMARK,
                "half_lives": [selectors.half_lives()[window] for window in selectors.WINDOWS],
            },
        )
        changed, liked, likes = cursor.fetchone()
    return int(changed) + movie_services.set_likes(dict.fromkeys(ids, 0) | dict(zip(liked, likes, strict=True)))


# The Bayesian estimate of docs/adr/0006: WR = v/(v+m)*R + m/(v+m)*C, and C for a movie without a rating or votes.
WEIGHTED_RATING = """
    CASE WHEN imdb_rating IS NULL OR coalesce(imdb_votes, 0) = 0 THEN %(mean)s::float8
         ELSE (imdb_votes * imdb_rating::float8 + %(minimum)s::bigint * %(mean)s::float8)
              / (imdb_votes + %(minimum)s::bigint)
    END
"""
# Sums that were added up in another order may differ in their last digits, which is not drift.
_STORE = f"""
    WITH counted AS MATERIALIZED (
        SELECT movie_id, count(*) AS likes,
               ranking_trends(movie_id, %(landmark)s, %(half_lives)s::float8[]) AS trends
          FROM ranking_like WHERE movie_id = ANY(%(movie_ids)s) GROUP BY movie_id
    ), wanted AS MATERIALIZED (
        SELECT movie.movie_id, movie.genre_id, coalesce(counted.likes, 0) AS likes,
               {WEIGHTED_RATING} AS weighted_rating,
               coalesce(trends[1], '-Infinity') AS trend_day, coalesce(trends[2], '-Infinity') AS trend_week,
               coalesce(trends[3], '-Infinity') AS trend_month
          FROM ({RANKING_INPUTS}) AS movie LEFT JOIN counted ON counted.movie_id = movie.movie_id
    ), removed AS (
        DELETE FROM ranking_standing AS standing
         WHERE movie_id = ANY(%(movie_ids)s)
           AND NOT EXISTS (
               SELECT FROM wanted
                WHERE wanted.movie_id = standing.movie_id
                  AND coalesce(wanted.genre_id, 0) = coalesce(standing.genre_id, 0))
        RETURNING movie_id
    ), stored AS (
        INSERT INTO ranking_standing AS prior (
               movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month)
        SELECT movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month FROM wanted
         ORDER BY genre_id, likes, trend_month, weighted_rating, movie_id DESC  -- in index order
        ON CONFLICT (movie_id, genre_id) DO UPDATE
           SET likes = excluded.likes, weighted_rating = excluded.weighted_rating,
               trend_day = excluded.trend_day, trend_week = excluded.trend_week, trend_month = excluded.trend_month
         WHERE prior.likes <> excluded.likes
            OR prior.weighted_rating <> excluded.weighted_rating
            OR (prior.trend_day <> excluded.trend_day AND NOT abs(prior.trend_day - excluded.trend_day) < 1e-9)
            OR (prior.trend_week <> excluded.trend_week AND NOT abs(prior.trend_week - excluded.trend_week) < 1e-9)
            OR (prior.trend_month <> excluded.trend_month AND NOT abs(prior.trend_month - excluded.trend_month) < 1e-9)
        RETURNING movie_id
    )
    SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM stored),
           ARRAY(SELECT movie_id FROM counted ORDER BY movie_id), ARRAY(SELECT likes FROM counted ORDER BY movie_id)
"""  # noqa: S608  # made of the fragments above
