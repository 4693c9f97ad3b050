"""Store films in sets: COPY a batch into a temporary table, then a handful of statements, whatever the batch's size.

A value that is absent in the file never erases one that is known, and what a person has said (`Movie.edited`, a
removal, a new name for a person or a genre) wins over what the file says.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from movies import search
from movies.folding import fold
from movies.importing.readers.rows import MovieRow
from movies.importing.rehearsal import fill
from movies.locks import edit_alone
from netflix.api import hooks

Identity = tuple[str, int | None, str]
Batch = dict[Identity, MovieRow]  # in the order of the file; no two rows are the same film


@dataclass(slots=True)
class BatchOutcome:
    """`kept`: rows that would have changed something, had a person not said otherwise."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0


def identity(row: MovieRow) -> Identity:
    """What makes two rows the same film: folded title, year and folded first director."""
    return fold(row.title), row.year, fold(row.directors[0]) if row.directors else ""


@transaction.atomic
def store(batch: Batch, *, source: str, rehearse: bool = False) -> BatchOutcome:
    """Create or update these films, all of them or none.

    With `rehearse`, within a `rehearsal`, nothing but the outcome comes of it.
    """
    with connection.cursor() as cursor:
        if not rehearse:
            edit_alone()  # nobody adds one of these films between our look and our write
        cursor.execute(_INCOMING)
        _copy(cursor, batch)
        cursor.execute("ANALYZE incoming")  # or PostgreSQL joins it with itself row by row
        if rehearse:
            fill(cursor, source)
        cursor.execute(RESOLVE_ALIASES)
        cursor.execute(_FIND_KNOWN, {"source": source})
        created = _ids(cursor, _NUMBER_NEW)
        set_aside = len(_ids(cursor, _SET_ASIDE))
        cursor.execute(_REMEMBER, [source])
        cursor.execute(_ADD_GENRES)
        cursor.execute(_ADD_PEOPLE)
        kept = _ids(cursor, _FIND_KEPT)
        changed = _ids(cursor, _UPDATE_FACTS)
        cursor.execute(_INSERT_NEW, [source])
        changed |= _ids(cursor, _SET_GENRES) | _ids(cursor, _SET_CREDITS)
        changed |= _rename(cursor)
        cursor.execute("DROP TABLE incoming")
    changed -= created
    if not rehearse:
        search.index(created | changed)
        hooks.movies_changed(created | changed)
    held = set_aside + len(kept - changed)
    return BatchOutcome(len(created), len(changed), len(batch) - len(created) - len(changed) - held, held)


_LOADED = (
    "movies_movie", "movies_moviegenre", "movies_credit", "movies_person", "movies_searchdocument", "movies_searchword",
    "movies_sourcerow",
)  # fmt: skip


def analyze() -> None:
    """Tell PostgreSQL's planner what the tables look like after a load."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_LOADED)}")


def _rename(cursor: CursorWrapper) -> set[int]:
    """Let films that were given back to imports be called as the file calls them, unless another is called so now."""
    cursor.execute(_FIND_MISNAMED)
    renamed = set()
    for movie_id, *identity in cursor.fetchall():
        with suppress(IntegrityError), transaction.atomic():
            cursor.execute(_RENAME, [*identity, movie_id])
            renamed.add(movie_id)
    return renamed


def _ids(cursor: CursorWrapper, statement: str) -> set[int]:
    cursor.execute(statement)
    return {movie_id for (movie_id,) in cursor.fetchall()}


def _copy(cursor: CursorWrapper, batch: Batch) -> None:
    with cursor.copy(f"COPY incoming ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for position, ((title_key, year, director_key), row) in enumerate(batch.items()):
            copy.write_row((
                position, f"{title_key}|{year or ''}|{director_key}",
                row.title, title_key, year, director_key, row.description, row.certificate,
                row.runtime_minutes, row.imdb_rating, row.imdb_votes, row.revenue_usd, row.metascore,
                list(row.genres),
                list(row.directors), [fold(name) for name in row.directors],
                list(row.actors), [fold(name) for name in row.actors],
            ))  # fmt: skip


_COLUMNS = (
    "position", "key", "title", "title_key", "year", "director_key", "description", "certificate",
    "runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd", "metascore",
    "genres", "directors", "director_keys", "actors", "actor_keys",
)  # fmt: skip

_INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        position integer PRIMARY KEY, key text COLLATE "C", movie_id bigint,
        is_new boolean NOT NULL DEFAULT false, aside boolean NOT NULL DEFAULT false,
        title text, title_key text COLLATE "C", year smallint,
        director_key text COLLATE "C", description text, certificate text, runtime_minutes smallint,
        imdb_rating numeric, imdb_votes integer, revenue_usd bigint, metascore smallint,
        genres text[], directors text[], director_keys text[], actors text[], actor_keys text[]
    ) ON COMMIT DROP
"""

_ADD_GENRES = """
    INSERT INTO movies_genre (name)
    SELECT DISTINCT given.name FROM incoming, unnest(genres) AS given (name)
     WHERE NOT EXISTS (SELECT FROM movies_genre AS known WHERE lower(known.name) = lower(given.name))
       AND NOT EXISTS (SELECT FROM movies_genrealias AS alias WHERE lower(alias.name) = lower(given.name))
     ORDER BY given.name
    ON CONFLICT (lower(name)) DO NOTHING
"""

_ADD_PEOPLE = """
    INSERT INTO movies_person (name, name_key)
    SELECT DISTINCT ON (name_key) name, name_key
      FROM incoming, unnest(directors || actors, director_keys || actor_keys) AS given (name, name_key)
     WHERE NOT EXISTS (SELECT FROM movies_person AS known WHERE known.name_key = given.name_key)
       AND NOT EXISTS (SELECT FROM movies_personalias AS alias WHERE alias.name_key = given.name_key)
     ORDER BY name_key
    ON CONFLICT (name_key) DO NOTHING
"""

# By the row's key, if it was imported before, where no film means that somebody removed it. Else by what the film is
# called today; if that is another row's film, the row is set aside each time and not bound to it, since a passing
# mistake in a title must not be for ever. Else by title and year alone, where one of the two names no director and
# there is no other such film.
_FIND_KNOWN = """
    UPDATE incoming SET movie_id = known.movie_id, aside = known.movie_id IS NULL
      FROM movies_sourcerow AS known
     WHERE known.source = %(source)s AND known.key = incoming.key;
    UPDATE incoming
       SET movie_id = movie.id,
           aside = EXISTS (SELECT FROM movies_sourcerow AS other
                            WHERE other.source = %(source)s AND other.movie_id = movie.id)
      FROM movies_movie AS movie
     WHERE incoming.movie_id IS NULL
       AND movie.title_key = incoming.title_key
       AND movie.year IS NOT DISTINCT FROM incoming.year
       AND movie.director_key = incoming.director_key
       AND movie.source_id = '';
    UPDATE incoming SET movie_id = movie.id, aside = false
      FROM movies_movie AS movie
     WHERE incoming.movie_id IS NULL
       AND movie.title_key = incoming.title_key
       AND movie.year IS NOT DISTINCT FROM incoming.year
       AND '' IN (movie.director_key, incoming.director_key)
       AND movie.source_id = ''
       AND NOT EXISTS (
           SELECT FROM movies_sourcerow AS other WHERE other.source = %(source)s AND other.movie_id = movie.id)
       AND NOT EXISTS (
           SELECT FROM movies_movie AS other
            WHERE other.title_key = incoming.title_key AND other.year IS NOT DISTINCT FROM incoming.year
              AND other.id <> movie.id)
       AND NOT EXISTS (
           SELECT FROM incoming AS other
            WHERE other.title_key = incoming.title_key AND other.year IS NOT DISTINCT FROM incoming.year
              AND other.position <> incoming.position);
"""

# What another name has become is what the film's first director is called today.
RESOLVE_ALIASES = """
    UPDATE incoming SET director_key = person.name_key
      FROM movies_personalias AS alias JOIN movies_person AS person ON person.id = alias.person_id
     WHERE alias.name_key = incoming.director_key
"""

_REMEMBER = """
    INSERT INTO movies_sourcerow AS known (source, key, movie_id)
    SELECT %s, key, movie_id FROM incoming ORDER BY key
    ON CONFLICT (source, key) DO UPDATE SET movie_id = excluded.movie_id
     WHERE known.movie_id IS DISTINCT FROM excluded.movie_id
"""

# What somebody removed, or another row's film is; and of two rows that an edit made one film, the second.
_SET_ASIDE = """
    DELETE FROM incoming
     WHERE aside
        OR position IN (
           SELECT position
             FROM (SELECT position, row_number() OVER (PARTITION BY movie_id ORDER BY position) AS place
                     FROM incoming WHERE NOT aside) AS placed
            WHERE place > 1)
    RETURNING position
"""

# What the file says about each column, null where it says nothing.
_SAID = {
    "title": "incoming.title",
    "description": "nullif(incoming.description, '')",
    "certificate": "nullif(incoming.certificate, '')",
} | {name: f"incoming.{name}" for name in ("runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd", "metascore")}


def _in_the_way(name: str) -> str:
    """An edit; or for a title that it is another one, which `_rename` sees to."""
    return f"'{name}' = ANY(known.edited)" + (" OR incoming.title_key <> known.title_key" if name == "title" else "")


_UPDATE_FACTS = f"""
    UPDATE movies_movie AS movie
       SET {", ".join(f"{name} = fresh.{name}" for name in _SAID)}
      FROM (
        SELECT known.id,
               {
    ", ".join(
        f"CASE WHEN {_in_the_way(name)} THEN known.{name} ELSE coalesce({said}, known.{name}) END AS {name}"
        for name, said in _SAID.items()
    )
}
          FROM incoming JOIN movies_movie AS known ON known.id = incoming.movie_id
      ) AS fresh
     WHERE movie.id = fresh.id
       AND ({", ".join(f"movie.{name}" for name in _SAID)})
           IS DISTINCT FROM ({", ".join(f"fresh.{name}" for name in _SAID)})
    RETURNING movie.id
"""  # noqa: S608  # made of the names above

# Numbered before they are inserted, in the order of the file, so that the statements below need not look them up. Rows
# that a renamed director made one film get one number.
_NUMBER_NEW = """
    WITH numbered AS MATERIALIZED (
        SELECT title_key, year, director_key, nextval(pg_get_serial_sequence('movies_movie', 'id')) AS id
          FROM (SELECT title_key, year, director_key FROM incoming WHERE movie_id IS NULL AND NOT aside
                 GROUP BY title_key, year, director_key ORDER BY min(position)) AS fresh
    )
    UPDATE incoming SET movie_id = numbered.id, is_new = true
      FROM numbered
     WHERE incoming.movie_id IS NULL AND NOT incoming.aside
       AND incoming.title_key = numbered.title_key AND incoming.year IS NOT DISTINCT FROM numbered.year
       AND incoming.director_key = numbered.director_key
    RETURNING incoming.movie_id
"""

# A film is called what its row says, where no edit says otherwise; its first director is whoever is credited first.
_FIND_MISNAMED = """
    SELECT * FROM (
        SELECT movie.id,
               CASE WHEN title_said THEN incoming.title ELSE movie.title END AS title,
               CASE WHEN title_said THEN incoming.title_key ELSE movie.title_key END AS title_key,
               CASE WHEN 'year' = ANY(movie.edited) THEN movie.year ELSE incoming.year END AS year,
               coalesce((SELECT person.name_key FROM movies_credit AS credit
                           JOIN movies_person AS person ON person.id = credit.person_id
                          WHERE credit.movie_id = movie.id AND credit.role = 'director'
                          ORDER BY credit.billing, credit.id LIMIT 1), '') AS director_key
          FROM incoming JOIN movies_movie AS movie ON movie.id = incoming.movie_id,
               LATERAL (SELECT NOT 'title' = ANY(movie.edited) AS title_said) AS edits
         WHERE NOT incoming.is_new
    ) AS wanted
     WHERE NOT EXISTS (
           SELECT FROM movies_movie AS movie
            WHERE movie.id = wanted.id AND movie.title_key = wanted.title_key
              AND movie.year IS NOT DISTINCT FROM wanted.year AND movie.director_key = wanted.director_key)
"""
_RENAME = "UPDATE movies_movie SET title = %s, title_key = %s, year = %s, director_key = %s WHERE id = %s"

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

# Links and credits as the file wants them, by the names that people and genres have today, and whether an edit is in
# the way.
_WANTED_GENRES = """
    SELECT DISTINCT incoming.movie_id, coalesce(alias.genre_id, genre.id) AS genre_id,
           coalesce('genres' = ANY(movie.edited), false) AS edited
      FROM incoming LEFT JOIN movies_movie AS movie ON movie.id = incoming.movie_id,
           unnest(genres) AS given (name)
           LEFT JOIN movies_genrealias AS alias ON lower(alias.name) = lower(given.name)
           LEFT JOIN movies_genre AS genre ON lower(genre.name) = lower(given.name)
"""
_WANTED_CREDITS = """
    SELECT DISTINCT ON (incoming.movie_id, role, person_id)
           incoming.movie_id, role, coalesce(alias.person_id, person.id) AS person_id, billing,
           coalesce(CASE role WHEN 'director' THEN 'directors' ELSE 'actors' END = ANY(movie.edited), false) AS edited
      FROM incoming LEFT JOIN movies_movie AS movie ON movie.id = incoming.movie_id,
           LATERAL (
               SELECT 'director' AS role, key, billing
                 FROM unnest(director_keys) WITH ORDINALITY AS named (key, billing)
               UNION ALL
               SELECT 'cast', key, billing FROM unnest(actor_keys) WITH ORDINALITY AS named (key, billing)
           ) AS named
           LEFT JOIN movies_personalias AS alias ON alias.name_key = named.key
           LEFT JOIN movies_person AS person ON person.name_key = named.key
     ORDER BY incoming.movie_id, role, person_id, billing
"""

_FIND_KEPT = f"""
    WITH wanted_genres AS ({_WANTED_GENRES}), wanted_credits AS ({_WANTED_CREDITS})
    SELECT movie.id
      FROM incoming JOIN movies_movie AS movie ON movie.id = incoming.movie_id
     WHERE movie.edited <> '{{}}'
       AND ({
    " OR ".join(
        f"('{name}' = ANY(movie.edited) AND {said} IS NOT NULL AND {said} IS DISTINCT FROM movie.{name})"
        for name, said in (_SAID | {"year": "incoming.year"}).items()
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
        SELECT movie_id, genre_id FROM ({_WANTED_GENRES}) AS said WHERE NOT edited
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
"""  # noqa: S608

_SET_CREDITS = f"""
    WITH wanted AS (
        SELECT movie_id, role, person_id, billing FROM ({_WANTED_CREDITS}) AS said WHERE NOT edited
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
"""  # noqa: S608
