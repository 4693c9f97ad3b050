"""Tiers of popularity, so that a common word is looked up among the most popular films first.

Each lexeme of a film begins with the digit of its tier: the index has an entry for each word and tier, and a page of
results reads only as many tiers as it needs.
"""

from typing import Any

from django.db import connection, transaction

from movies.locks import lock_editing
from movies.search import gin_index

# Cumulative sizes of the first tiers, in films; the last tier has the rest. A tier of more than a tenth of the
# catalogue is left out.
SIZES = (1_000, 10_000, 100_000)
MIN_CATALOGUE_FACTOR = 10
TIERS = range(len(SIZES) + 1)

BATCH_SIZE = 1_000  # films moved while holding the editing lock

# SQL expressions of the film `movie`.
VOTES = "coalesce(movie.imdb_votes, -1)"
TIER = f"""coalesce((
    SELECT min(tier) FROM movies_searchtier AS last WHERE ({VOTES}, movie.id) >= (last.votes, last.movie_id)
), {TIERS[-1]})"""

_IN_ORDER = f"FROM movies_movie AS movie ORDER BY {VOTES} DESC, id DESC"
# LIMIT is 1 if the catalogue has `enough` films, else 0: then the tier is left out.
_LAST_OF_TIER = f"""
    SELECT {VOTES}, id {_IN_ORDER} OFFSET %(size)s - 1 LIMIT (
        SELECT count(*) FROM (SELECT {_IN_ORDER} OFFSET %(enough)s - 1 LIMIT 1) AS enough
    )
"""
_SET_END = f"INSERT INTO movies_searchtier (votes, movie_id, tier) SELECT *, %(tier)s FROM ({_LAST_OF_TIER}) AS last"
_COUNT_UP_TO_END = f"""
    SELECT count(*) FROM (
        SELECT FROM movies_movie AS movie
         WHERE ({VOTES}, id) >= (SELECT votes, movie_id FROM movies_searchtier WHERE tier = %s)
         ORDER BY {VOTES} DESC, id DESC LIMIT %s
    ) AS movie
"""
_MISPLACED = f"""
    SELECT movie.id FROM movies_searchdocument AS stored JOIN movies_movie AS movie ON movie.id = stored.movie_id
     WHERE stored.tier <> {TIER} ORDER BY movie.id
"""
_MOVE = f"""
    UPDATE movies_searchdocument AS stored
       SET tier = wanted.tier,
           document = array_to_tsvector(ARRAY(
               SELECT wanted.tier || substr(lexeme, 2) FROM unnest(tsvector_to_array(document)) AS lexeme
           ))
      FROM (SELECT id, {TIER} AS tier FROM movies_movie AS movie WHERE id = ANY(%s)) AS wanted
     WHERE stored.movie_id = wanted.id AND stored.tier <> wanted.tier
"""


def rebalance_tiers() -> None:
    """Recompute the tiers, which an import may have left far from their sizes.

    Films move in batches: until the last one has moved, results of a common word may be out of order, and following
    pages may miss or repeat a film.
    """
    _set_ends()
    with connection.cursor() as cursor:
        cursor.execute(_MISPLACED)
        misplaced = [movie_id for (movie_id,) in cursor.fetchall()]
    for first in range(0, len(misplaced), BATCH_SIZE):
        with transaction.atomic(), connection.cursor() as cursor:
            lock_editing()
            cursor.execute(_MOVE, [misplaced[first : first + BATCH_SIZE]])
            gin_index.flush_pending()


@transaction.atomic
def _set_ends() -> None:
    """Recompute the ends of all tiers if the size of one is off by a factor of two."""
    lock_editing()
    with connection.cursor() as cursor:
        if all(_is_about_right(cursor, tier, size) for tier, size in enumerate(SIZES)):
            return
        cursor.execute("DELETE FROM movies_searchtier")
        for tier, size in enumerate(SIZES):
            cursor.execute(_SET_END, {"tier": tier, "size": size, "enough": size * MIN_CATALOGUE_FACTOR})


def _is_about_right(cursor: Any, tier: int, size: int) -> bool:
    cursor.execute(_LAST_OF_TIER, {"size": size, "enough": size * MIN_CATALOGUE_FACTOR})
    wanted = cursor.rowcount
    cursor.execute(_COUNT_UP_TO_END, [tier, 2 * size + 1])
    (has,) = cursor.fetchone()
    return size / 2 <= has <= 2 * size if wanted else not has
