"""Store a batch of films: COPY into a temporary table, then a fixed number of set-based statements.

A missing value never erases a stored one. Manual edits (`Movie.edited`, a removal, a renamed person or genre) win over
every file; among files the source with the higher `precedence` wins.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from movies import merging, search
from movies.importing import comparing, journal, people, precedence
from movies.importing.identity import Staged, resolve
from movies.importing.remembering import REMEMBER, SAID, TAKE
from movies.locks import lock_editing, lock_indexing
from movies.merging import Joined
from netflix import events


@dataclass(slots=True)
class BatchOutcome:
    """Counts of rows. `merged`: rows that revealed duplicate films. `kept`: rows overruled by an edit or a removal."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    kept: int = 0


@transaction.atomic
def store(batch: Staged, *, source: str, run: int | None = None, rehearse: bool = False) -> BatchOutcome:
    """Create or update the films of a batch in one transaction, and log the changes for `run`.

    With `rehearse`, inside `rehearsal()`, only the outcome is computed; the catalogue does not change.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_BATCHES)
        if not rehearse:
            lock_editing()  # no one can add one of these films between our read and our write
        created, set_aside = resolve(cursor, batch, source=source, rehearse=rehearse)
        cursor.execute(_HOLD)
        if run:
            journal.look(cursor)
        _overrule(cursor, source)
        if len(created) < batch.rows - set_aside:
            cursor.execute(TAKE, {"source": source})
        cursor.execute(REMEMBER, {"source": source, "run": run})
        cursor.execute(_ADD_GENRES)
        respelled = _ids(cursor, people.NAME)
        cursor.execute(_HOLD_RESPELLED, [list(respelled)])
        kept = _ids(cursor, _FIND_KEPT)
        changed = _ids(cursor, _UPDATE_FACTS, {"source": source, "weaker": precedence.weaker(source, "title")})
        cursor.execute(_INSERT_NEW, [source])
        changed |= _ids(cursor, _SET_GENRES) | _ids(cursor, _SET_CREDITS)
        changed |= _rename(cursor)
        if run:
            journal.keep(cursor, run)
        parted, joined = _compare(cursor, run, rehearse=rehearse)
        proved = _ids(cursor, _OF_BATCH, [[movie_id for pair in joined for movie_id in pair[:2]]]) if joined else set()
        cursor.execute("DROP TABLE incoming")
    changed -= created
    gone = {pair.merged for pair in joined}
    stay = (changed | parted | {pair.kept for pair in joined}) - gone
    if not rehearse:
        _forget(gone)
        search.index(stay | respelled - gone)
        merging.finish(joined, run_id=run)
        events.movies_changed.send(None, movie_ids=stay)
    outcome = BatchOutcome(len(created - proved), len(changed - proved), merged=len(proved))
    outcome.kept = set_aside + len(kept - changed - proved)
    outcome.unchanged = batch.rows - outcome.created - outcome.updated - outcome.merged - outcome.kept
    return outcome


def _compare(cursor: CursorWrapper, run: int | None, *, rehearse: bool) -> tuple[set[int], list[Joined]]:
    """Split off rows that could also describe another film, then merge duplicates in the catalogue's own tables.

    Returns the ids of the films of the splits, and the merges.
    """
    found = comparing.find(cursor)
    if not found:
        return set(), []
    rows = comparing.ambiguous(cursor, found)
    if run and rows:
        journal.look(cursor, rows.keys())
    parted = {movie_id for pair in (merging.part(*item) for item in rows.items()) for movie_id in pair}
    if run and rows:
        journal.keep(cursor, run)
    return parted, _join(cursor, comparing.prove(cursor, found), run, rehearse=rehearse)


def _join(cursor: CursorWrapper, pairs: list[tuple[int, int]], run: int | None, *, rehearse: bool) -> list[Joined]:
    if not pairs:
        return []
    merging.lock_movies({movie_id for pair in pairs for movie_id in pair})
    if run:
        journal.look(cursor, {kept for kept, _ in pairs})
    joined = []
    for kept, merged in pairs:
        with suppress(IntegrityError), transaction.atomic():  # a third film has that name
            joined.append(merging.join(kept, merged))
            if rehearse:
                cursor.execute(_LOSE, {"movie_id": merged})
    if run:
        journal.keep(cursor, run)
    return joined


def _forget(movie_ids: set[int]) -> None:
    if movie_ids:
        lock_indexing()
        for movie_id in sorted(movie_ids):
            search.remove_document(movie_id)


# A batch is small compared to the catalogue: prefer index lookups to table scans, and skip JIT compilation.
_BY_BATCHES = "SET LOCAL random_page_cost = 0.1; SET LOCAL jit = off"

# Lock the films, so that a concurrent `search.index_new_movies` indexes them before or after this batch, not during it.
_HOLD = "SELECT FROM movies_movie WHERE id IN (SELECT movie_id FROM incoming) ORDER BY id FOR NO KEY UPDATE"
_HOLD_RESPELLED = "SELECT FROM movies_movie WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

_OF_BATCH = "SELECT movie_id FROM incoming WHERE movie_id = ANY(%s)"
_LOSE = """
    DELETE FROM movies_moviegenre WHERE movie_id = %(movie_id)s;
    DELETE FROM movies_credit WHERE movie_id = %(movie_id)s;
    DELETE FROM movies_movie WHERE id = %(movie_id)s
"""

_LOADED = (
    "movies_movie", "movies_moviegenre", "movies_credit", "movies_person", "movies_searchdocument", "movies_searchword",
    "movies_sourcerow", "movies_externalid",
)  # fmt: skip


def analyze() -> None:
    """Update the planner's statistics after a load."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_LOADED)}")


def _rename(cursor: CursorWrapper) -> set[int]:
    """Rename films as in the file where nothing overrules it, unless another film has that name; return their ids."""
    cursor.execute(_FIND_MISNAMED)
    renamed = set()
    for movie_id, *identity in cursor.fetchall():
        with suppress(IntegrityError), transaction.atomic():
            cursor.execute(_KEEP_NAME, [movie_id])
            cursor.execute(_RENAME, [*identity, movie_id])
            renamed.add(movie_id)
    return renamed


def _overrule(cursor: CursorWrapper, source: str) -> None:
    """Set `overruled`: the facts for which a row's value is ignored: an edit, a source with precedence or a row of this
    source with a lower key decides, or the value is doubtful and the film has one."""
    stronger = precedence.stronger(source)
    cursor.execute(
        _OVERRULE,
        {"source": source, "sources": [other for other, _ in stronger], "facts": [fact for _, fact in stronger]},
    )


def _ids(cursor: CursorWrapper, statement: str, values: dict[str, Any] | list[Any] | None = None) -> set[int]:
    cursor.execute(statement, values)
    return {movie_id for (movie_id,) in cursor.fetchall()}


_ADD_GENRES = """
    INSERT INTO movies_genre (name)
    SELECT DISTINCT given.name FROM incoming, unnest(genres) AS given (name)
     WHERE NOT EXISTS (SELECT FROM movies_genre AS known WHERE lower(known.name) = lower(given.name))
       AND NOT EXISTS (SELECT FROM movies_genrealias AS alias WHERE lower(alias.name) = lower(given.name))
     ORDER BY given.name
    ON CONFLICT (lower(name)) DO NOTHING
"""


_OVERRULE = """
    UPDATE incoming
       SET edited = movie.edited, overruled = movie.edited || ARRAY(
               SELECT fact FROM movies_sourcerow AS other, unnest(other.gives) AS fact
                 JOIN unnest(%(sources)s::text[], %(facts)s::text[]) AS stronger (source, fact) USING (fact)
                WHERE other.movie_id = movie.id AND other.source = stronger.source AND other.source <> %(source)s
           ) || ARRAY(
               SELECT fact FROM movies_sourcerow AS other, unnest(other.gives) AS fact
                WHERE other.movie_id = movie.id AND other.source = %(source)s AND other.key < incoming.key
           ) || ARRAY(
               SELECT fact FROM unnest(doubtful) AS fact
                WHERE CASE fact
                      WHEN 'description' THEN movie.description <> ''
                      WHEN 'genres' THEN EXISTS (SELECT FROM movies_moviegenre WHERE movie_id = movie.id)
                      WHEN 'directors' THEN movie.director_key <> ''
                      WHEN 'actors' THEN EXISTS (
                          SELECT FROM movies_credit WHERE movie_id = movie.id AND role = 'cast')
                      ELSE true END)
      FROM movies_movie AS movie
     WHERE movie.id = incoming.movie_id
"""


def _in_the_way(name: str) -> str:
    """SQL condition: the fact is overruled; or the title folds differently, which `_rename` handles."""
    other_title = " OR incoming.title_key <> movie.title_key" if name == "title" else ""
    return f"'{name}' = ANY(incoming.overruled){other_title}"


# The row's film, looked up by id. PostgreSQL overestimates the batch and would scan all films; `OFFSET 0` keeps it from
# turning the lookup into a join.
_MOVIE = "LATERAL (SELECT * FROM movies_movie WHERE id = incoming.movie_id OFFSET 0) AS movie"

_UPDATE_FACTS = f"""
    WITH fresh AS MATERIALIZED (
        SELECT movie.id, said.*
          FROM incoming, {_MOVIE}, LATERAL (
              SELECT CASE WHEN movie.source = ANY(%(weaker)s) AND 'title' <> ALL (movie.edited)
                          THEN %(source)s ELSE movie.source END AS source,
                     {
    ", ".join(
        f"CASE WHEN {_in_the_way(name)} THEN movie.{name} ELSE coalesce({said}, movie.{name}) END AS {name}"
        for name, said in SAID.items()
    )
}
          ) AS said
         WHERE ({", ".join(f"movie.{name}" for name in ("source", *SAID))})
               IS DISTINCT FROM ({", ".join(f"said.{name}" for name in ("source", *SAID))})
    )
    UPDATE movies_movie AS movie
       SET source = fresh.source, {", ".join(f"{name} = fresh.{name}" for name in SAID)}
      FROM fresh
     WHERE movie.id = ANY (ARRAY(SELECT id FROM fresh)) AND movie.id = fresh.id
    RETURNING movie.id
"""  # noqa: S608  # made of the names above

# A film has the title and year of its row unless overruled, and the director who is credited first.
_FIND_MISNAMED = f"""
    SELECT movie.id, said.*
      FROM incoming, {_MOVIE}, LATERAL (
          SELECT CASE WHEN 'title' = ANY(overruled) THEN movie.title ELSE incoming.title END AS title,
                 CASE WHEN 'title' = ANY(overruled) THEN movie.title_key ELSE incoming.title_key END AS title_key,
                 CASE WHEN 'year' = ANY(overruled) THEN movie.year ELSE coalesce(incoming.year, movie.year) END AS year,
                 coalesce((SELECT person.name_key FROM movies_credit AS credit
                             JOIN movies_person AS person ON person.id = credit.person_id
                            WHERE credit.movie_id = movie.id AND credit.role = 'director'
                            ORDER BY credit.billing, credit.id LIMIT 1), '') AS director_key
      ) AS said
     WHERE NOT incoming.is_new
       AND (movie.title_key, movie.year, movie.director_key)
           IS DISTINCT FROM (said.title_key, said.year, said.director_key)
"""  # noqa: S608
# Does what a trigger does on the real tables; the temporary tables of a dry run have no triggers.
_KEEP_NAME = """
    UPDATE movies_sourcerow SET called = movie.title_key || '|' || coalesce(movie.year::text, '')
      FROM movies_movie AS movie WHERE movie.id = %s AND movie_id = movie.id AND called = ''
"""
_RENAME = "UPDATE movies_movie SET title = %s, title_key = %s, year = %s, director_key = %s WHERE id = %s"

_INSERT_NEW = """
    INSERT INTO movies_movie (
        id, title, title_key, year, director_key, description, certificate, runtime_minutes, imdb_rating,
        imdb_votes, revenue_usd, metascore, source, source_id)
    SELECT movie_id, title, title_key, year, director_key, description, certificate, runtime_minutes, imdb_rating,
           imdb_votes, revenue_usd, metascore, %s, source_id
      FROM incoming
     WHERE NOT EXISTS (SELECT FROM movies_movie AS movie WHERE movie.id = incoming.movie_id)
     ORDER BY position
"""

# Genre links and credits from the file, resolved through aliases, and whether an edit or a source overrules them.
_WANTED_GENRES = """
    SELECT DISTINCT movie_id, coalesce(alias.genre_id, genre.id) AS genre_id, is_new,
           'genres' = ANY(incoming.edited) AS edited, 'genres' = ANY(overruled) AS overruled
      FROM incoming, unnest(genres) AS given (name)
           LEFT JOIN movies_genrealias AS alias ON lower(alias.name) = lower(given.name)
           LEFT JOIN movies_genre AS genre ON lower(genre.name) = lower(given.name)
"""
_WANTED_CREDITS = """
    SELECT DISTINCT ON (movie_id, role, person_id)
           movie_id, role, person_id, billing, is_new, fact = ANY(edited) AS edited, fact = ANY(overruled) AS overruled
      FROM incoming, LATERAL (
               SELECT 'director' AS role, 'directors' AS fact, key, billing
                 FROM unnest(director_keys) WITH ORDINALITY AS named (key, billing)
               UNION ALL
               SELECT 'cast', 'actors', key, billing FROM unnest(actor_keys) WITH ORDINALITY AS named (key, billing)
           ) AS named,
           LATERAL (
               SELECT coalesce(
                   (SELECT alias.person_id FROM movies_personalias AS alias WHERE alias.name_key = named.key),
                   (SELECT person.id FROM movies_person AS person WHERE person.name_key = named.key)) AS person_id
           ) AS known
     ORDER BY movie_id, role, person_id, billing
"""

_FIND_KEPT = f"""
    WITH wanted_genres AS ({_WANTED_GENRES}), wanted_credits AS ({_WANTED_CREDITS})
    SELECT movie.id
      FROM incoming, {_MOVIE}
     WHERE NOT incoming.is_new AND movie.edited <> '{{}}'
       AND ({
    " OR ".join(
        f"('{name}' = ANY(movie.edited) AND {said} IS NOT NULL AND {said} IS DISTINCT FROM movie.{name})"
        for name, said in (SAID | {"year": "incoming.year"}).items()
    )
}
            OR EXISTS (
                SELECT genre_id FROM wanted_genres WHERE edited AND movie_id = movie.id
                EXCEPT SELECT genre_id FROM movies_moviegenre WHERE movie_id = movie.id)
            OR EXISTS (
                SELECT genre_id FROM movies_moviegenre WHERE movie_id = movie.id
                   AND movie_id IN (SELECT movie_id FROM wanted_genres WHERE edited)
                EXCEPT SELECT genre_id FROM wanted_genres WHERE movie_id = movie.id)
            OR EXISTS (
                SELECT role, person_id FROM wanted_credits WHERE edited AND movie_id = movie.id
                EXCEPT SELECT role, person_id FROM movies_credit WHERE movie_id = movie.id)
            OR EXISTS (
                SELECT role, person_id FROM movies_credit WHERE movie_id = movie.id
                   AND (movie_id, role) IN (SELECT movie_id, role FROM wanted_credits WHERE edited)
                EXCEPT SELECT role, person_id FROM wanted_credits WHERE movie_id = movie.id))
"""  # noqa: S608

_SET_GENRES = f"""
    WITH wanted AS (
        SELECT movie_id, genre_id, is_new FROM ({_WANTED_GENRES}) AS said WHERE NOT overruled
    ), replaced AS (
        SELECT movie_id, array_agg(genre_id) AS genre_ids FROM wanted WHERE NOT is_new GROUP BY movie_id
    ), removed AS (
        DELETE FROM movies_moviegenre WHERE id = ANY (ARRAY(
            SELECT link.id
              FROM replaced, LATERAL (
                  SELECT id, genre_id FROM movies_moviegenre WHERE movie_id = replaced.movie_id OFFSET 0
              ) AS link
             WHERE link.genre_id <> ALL (replaced.genre_ids)))
        RETURNING movie_id
    ), added AS (
        INSERT INTO movies_moviegenre (movie_id, genre_id)
        SELECT movie_id, genre_id FROM wanted ORDER BY movie_id, genre_id
        ON CONFLICT (genre_id, movie_id) DO NOTHING
        RETURNING movie_id
    )
    SELECT movie_id FROM removed UNION SELECT movie_id FROM added
"""  # noqa: S608

_SET_CREDITS = f"""
    WITH wanted AS (
        SELECT movie_id, role, person_id, billing, is_new FROM ({_WANTED_CREDITS}) AS said WHERE NOT overruled
    ), replaced AS (
        SELECT movie_id, role, array_agg(person_id) AS person_ids FROM wanted WHERE NOT is_new GROUP BY movie_id, role
    ), removed AS (
        DELETE FROM movies_credit WHERE id = ANY (ARRAY(
            SELECT credit.id
              FROM replaced, LATERAL (
                  SELECT id, person_id FROM movies_credit
                   WHERE movie_id = replaced.movie_id AND role = replaced.role OFFSET 0
              ) AS credit
             WHERE credit.person_id <> ALL (replaced.person_ids)))
        RETURNING movie_id
    ), stored AS (
        INSERT INTO movies_credit (movie_id, role, person_id, billing)
        SELECT movie_id, role, person_id, billing FROM wanted ORDER BY movie_id, role DESC, billing
        ON CONFLICT (movie_id, role, person_id) DO UPDATE SET billing = excluded.billing
         WHERE movies_credit.billing <> excluded.billing
        RETURNING movie_id
    )
    SELECT movie_id FROM removed UNION SELECT movie_id FROM stored
"""  # noqa: S608
