"""Store films in sets: COPY a batch into a temporary table, then a handful of statements, whatever the batch's size.

A value that is absent in the file never erases one that is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from movies import search
from movies.datasets.rows import MovieRow
from movies.folding import fold
from movies.locks import edit_alone
from movies.rehearsal import fill
from netflix.api import hooks

Identity = tuple[str, int | None, str]


@dataclass(slots=True)
class BatchOutcome:
    created: int = 0
    updated: int = 0
    unchanged: int = 0


def identity(row: MovieRow) -> Identity:
    """What makes two rows the same film: folded title, year and folded first director."""
    return fold(row.title), row.year, fold(row.directors[0]) if row.directors else ""


@transaction.atomic
def store(rows: Sequence[MovieRow], *, source: str, rehearse: bool = False) -> BatchOutcome:
    """Create or update these films, all of them or none. No two rows may be the same film.

    With `rehearse`, within a `rehearsal`, nothing but the outcome comes of it.
    """
    with connection.cursor() as cursor:
        if not rehearse:
            edit_alone()  # nobody adds one of these films between our look and our write
        cursor.execute(_INCOMING)
        _copy(cursor, rows)
        if rehearse:
            fill(cursor)
        cursor.execute(_ADD_GENRES)
        cursor.execute(_ADD_PEOPLE)
        cursor.execute(_FIND_KNOWN)
        changed = _ids(cursor, _UPDATE_FACTS)
        created = _ids(cursor, _NUMBER_NEW)
        cursor.execute(_INSERT_NEW, [source])
        changed |= _ids(cursor, _SET_GENRES) | _ids(cursor, _SET_CREDITS)
        cursor.execute("DROP TABLE incoming")
    changed -= created
    if not rehearse:
        search.index(created | changed)
        hooks.call("films_changed", created | changed)
    return BatchOutcome(len(created), len(changed), len(rows) - len(created) - len(changed))


def analyze() -> None:
    """Tell PostgreSQL's planner what the tables look like after a load."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE movies_movie, movies_moviegenre, movies_credit, movies_person, movies_searchdocument")


def _ids(cursor: CursorWrapper, statement: str) -> set[int]:
    cursor.execute(statement)
    return {movie_id for (movie_id,) in cursor.fetchall()}


def _copy(cursor: CursorWrapper, rows: Iterable[MovieRow]) -> None:
    with cursor.copy(f"COPY incoming ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for position, row in enumerate(rows):
            title_key, year, director_key = identity(row)
            copy.write_row((
                position, row.title, title_key, year, director_key, row.description, row.certificate,
                row.runtime_minutes, row.imdb_rating, row.imdb_votes, row.revenue_usd, row.metascore,
                list(row.genres),
                list(row.directors), [fold(name) for name in row.directors],
                list(row.actors), [fold(name) for name in row.actors],
            ))  # fmt: skip


_COLUMNS = (
    "position", "title", "title_key", "year", "director_key", "description", "certificate",
    "runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd", "metascore",
    "genres", "directors", "director_keys", "actors", "actor_keys",
)  # fmt: skip

_INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        position integer PRIMARY KEY, movie_id bigint, title text, title_key text COLLATE "C", year smallint,
        director_key text COLLATE "C", description text, certificate text, runtime_minutes smallint,
        imdb_rating numeric, imdb_votes integer, revenue_usd bigint, metascore smallint,
        genres text[], directors text[], director_keys text[], actors text[], actor_keys text[]
    ) ON COMMIT DROP
"""

_ADD_GENRES = """
    INSERT INTO movies_genre (name)
    SELECT DISTINCT given.name FROM incoming, unnest(genres) AS given (name)
     WHERE NOT EXISTS (SELECT FROM movies_genre AS known WHERE lower(known.name) = lower(given.name))
     ORDER BY given.name
    ON CONFLICT (lower(name)) DO NOTHING
"""

_ADD_PEOPLE = """
    INSERT INTO movies_person (name, name_key)
    SELECT DISTINCT ON (name_key) name, name_key
      FROM incoming, unnest(directors || actors, director_keys || actor_keys) AS given (name, name_key)
     WHERE NOT EXISTS (SELECT FROM movies_person AS known WHERE known.name_key = given.name_key)
     ORDER BY name_key
    ON CONFLICT (name_key) DO NOTHING
"""

_FIND_KNOWN = """
    UPDATE incoming SET movie_id = movie.id
      FROM movies_movie AS movie
     WHERE movie.title_key = incoming.title_key
       AND movie.year IS NOT DISTINCT FROM incoming.year
       AND movie.director_key = incoming.director_key
       AND movie.source_id = ''
"""

_UPDATE_FACTS = """
    UPDATE movies_movie AS movie
       SET title = fresh.title, description = fresh.description, certificate = fresh.certificate,
           runtime_minutes = fresh.runtime_minutes, imdb_rating = fresh.imdb_rating,
           imdb_votes = fresh.imdb_votes, revenue_usd = fresh.revenue_usd, metascore = fresh.metascore
      FROM (
        SELECT known.id, incoming.title,
               coalesce(nullif(incoming.description, ''), known.description) AS description,
               coalesce(nullif(incoming.certificate, ''), known.certificate) AS certificate,
               coalesce(incoming.runtime_minutes, known.runtime_minutes) AS runtime_minutes,
               coalesce(incoming.imdb_rating, known.imdb_rating) AS imdb_rating,
               coalesce(incoming.imdb_votes, known.imdb_votes) AS imdb_votes,
               coalesce(incoming.revenue_usd, known.revenue_usd) AS revenue_usd,
               coalesce(incoming.metascore, known.metascore) AS metascore
          FROM incoming JOIN movies_movie AS known ON known.id = incoming.movie_id
      ) AS fresh
     WHERE movie.id = fresh.id
       AND (movie.title, movie.description, movie.certificate, movie.runtime_minutes, movie.imdb_rating,
            movie.imdb_votes, movie.revenue_usd, movie.metascore)
           IS DISTINCT FROM
           (fresh.title, fresh.description, fresh.certificate, fresh.runtime_minutes, fresh.imdb_rating,
            fresh.imdb_votes, fresh.revenue_usd, fresh.metascore)
    RETURNING movie.id
"""

# Numbered before they are inserted, in the order of the file, so that the statements below need not look them up.
_NUMBER_NEW = """
    UPDATE incoming SET movie_id = numbered.id
      FROM (
        SELECT position, nextval(pg_get_serial_sequence('movies_movie', 'id')) AS id
          FROM (SELECT position FROM incoming WHERE movie_id IS NULL ORDER BY position) AS fresh
      ) AS numbered
     WHERE incoming.position = numbered.position
    RETURNING incoming.movie_id
"""

_INSERT_NEW = """
    INSERT INTO movies_movie (
        id, title, title_key, year, director_key, description, certificate, runtime_minutes, imdb_rating,
        imdb_votes, revenue_usd, metascore, source, source_id)
    SELECT movie_id, title, title_key, year, director_key, description, certificate, runtime_minutes, imdb_rating,
           imdb_votes, revenue_usd, metascore, %s, ''
      FROM incoming
     WHERE NOT EXISTS (SELECT FROM movies_movie AS movie WHERE movie.id = incoming.movie_id)
     ORDER BY position
"""

_SET_GENRES = """
    WITH wanted AS (
        SELECT DISTINCT incoming.movie_id, genre.id AS genre_id
          FROM incoming, unnest(genres) AS given (name)
               JOIN movies_genre AS genre ON lower(genre.name) = lower(given.name)
    ), removed AS (
        DELETE FROM movies_moviegenre AS link
         WHERE link.movie_id IN (SELECT movie_id FROM wanted)
           AND NOT EXISTS (
               SELECT FROM wanted WHERE wanted.movie_id = link.movie_id AND wanted.genre_id = link.genre_id)
        RETURNING link.movie_id
    ), added AS (
        INSERT INTO movies_moviegenre (movie_id, genre_id)
        SELECT movie_id, genre_id FROM wanted ORDER BY movie_id, genre_id
        ON CONFLICT (genre_id, movie_id) DO NOTHING
        RETURNING movie_id
    )
    SELECT movie_id FROM removed UNION SELECT movie_id FROM added
"""

_SET_CREDITS = """
    WITH wanted AS (
        SELECT DISTINCT ON (incoming.movie_id, role, person.id)
               incoming.movie_id, role, person.id AS person_id, billing
          FROM incoming,
               LATERAL (
                   SELECT 'director' AS role, key, billing
                     FROM unnest(director_keys) WITH ORDINALITY AS named (key, billing)
                   UNION ALL
                   SELECT 'cast', key, billing FROM unnest(actor_keys) WITH ORDINALITY AS named (key, billing)
               ) AS named
               JOIN movies_person AS person ON person.name_key = named.key
         ORDER BY incoming.movie_id, role, person.id, billing
    ), removed AS (
        DELETE FROM movies_credit AS credit
         WHERE (credit.movie_id, credit.role) IN (SELECT movie_id, role FROM wanted)
           AND NOT EXISTS (
               SELECT FROM wanted
                WHERE (wanted.movie_id, wanted.role, wanted.person_id)
                    = (credit.movie_id, credit.role, credit.person_id))
        RETURNING credit.movie_id
    ), stored AS (
        INSERT INTO movies_credit (movie_id, role, person_id, billing)
        SELECT movie_id, role, person_id, billing FROM wanted ORDER BY movie_id, role DESC, billing
        ON CONFLICT (movie_id, role, person_id) DO UPDATE SET billing = excluded.billing
         WHERE movies_credit.billing <> excluded.billing
        RETURNING movie_id
    )
    SELECT movie_id FROM removed UNION SELECT movie_id FROM stored
"""
