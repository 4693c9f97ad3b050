"""Match rows to films: each row is a film of the catalogue, a film that staff removed, or a new one.

All work happens in the temporary table `incoming`, which holds one batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.backends.utils import CursorWrapper

from movies.folding import fold
from movies.importing.readers.rows import MovieRow
from movies.importing.rehearsal import fill

Identity = tuple[str, int | None, str]
Batch = dict[str, MovieRow]  # by `key_of`, in the order of the file; no two rows are the same film


def identity(row: MovieRow) -> Identity:
    """Folded title, year and folded first director. Rows without ids that share these are the same film."""
    return fold(row.title), row.year, fold(row.directors[0]) if row.directors else ""


def key_of(row: MovieRow) -> str:
    """The key that identifies a row across imports: its first id, else its identity."""
    return row.ids[0] if row.ids else _natural(*identity(row))


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch in PostgreSQL's COPY text format, for `incoming`."""

    rows: int
    text: bytes


def staged(batch: Batch) -> Staged:
    return Staged(len(batch), "\n".join("\t".join(map(_cell, cells)) for cells in _lines(batch)).encode())


def resolve(cursor: CursorWrapper, batch: Staged, *, source: str, rehearse: bool) -> tuple[set[int], int]:
    """Copy a batch into `incoming` and match its rows to films.

    Returns the ids of the new films and the number of skipped rows, which are deleted from the table.
    """
    cursor.execute(_INCOMING)
    with cursor.copy(f"COPY incoming ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        copy.write(batch.text)
    cursor.execute(_ANALYZE)
    if rehearse:
        fill(cursor, source)
    cursor.execute(RESOLVE_ALIASES)
    cursor.execute(_FIND_KNOWN + _TELL_APART, {"source": source})
    cursor.execute(_NUMBER_NEW)
    created = {movie_id for (movie_id,) in cursor.fetchall()}
    cursor.execute(_SET_ASIDE)
    return created, cursor.rowcount


def _natural(title_key: str, year: int | None, director_key: str) -> str:
    return f"{title_key}|{year or ''}|{director_key}"


def _lines(batch: Batch) -> Iterable[tuple[object, ...]]:
    for position, (key, row) in enumerate(batch.items()):
        title_key, year, director_key = identity(row)
        yield (
            position, key, _natural(title_key, year, director_key), row.ids,
            row.title, title_key, year, director_key, row.description, row.certificate,
            row.runtime_minutes, row.imdb_rating, row.imdb_votes, row.revenue_usd, row.metascore,
            row.genres,
            row.directors, tuple(map(_folded_name, row.directors)),
            row.actors, tuple(map(_folded_name, row.actors)),
            row.doubtful,
        )  # fmt: skip


_folded_name = lru_cache(20_000)(fold)  # names repeat across films
_ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


def _cell(value: object) -> str:
    """A value in COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(value, tuple):
        return _escaped(f"{{{','.join(map(_quoted, value))}}}")
    return _escaped(value) if isinstance(value, str) else str(value)


def _escaped(text: str) -> str:
    for character, escaped in _ESCAPED.items():
        if character in text:
            text = text.replace(character, escaped)
    return text


def _quoted(element: str) -> str:
    escaped = element.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


_COLUMNS = (
    "position", "key", "natural_key", "ids", "title", "title_key", "year", "director_key", "description",
    "certificate", "runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd", "metascore",
    "genres", "directors", "director_keys", "actors", "actor_keys", "doubtful",
)  # fmt: skip

_INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        position integer PRIMARY KEY, key text COLLATE "C", natural_key text COLLATE "C", ids text[] COLLATE "C",
        movie_id bigint, is_new boolean NOT NULL DEFAULT false, aside boolean NOT NULL DEFAULT false,
        source_id text NOT NULL DEFAULT '', edited text[] NOT NULL DEFAULT '{}', overruled text[] NOT NULL DEFAULT '{}',
        title text, title_key text COLLATE "C", year smallint,
        director_key text COLLATE "C", description text, certificate text, runtime_minutes smallint,
        imdb_rating numeric, imdb_votes integer, revenue_usd bigint, metascore smallint,
        genres text[], directors text[], director_keys text[], actors text[], actor_keys text[], doubtful text[]
    ) ON COMMIT DROP
"""

# The join columns. Without statistics PostgreSQL chooses nested loops for self-joins.
_ANALYZE = "ANALYZE incoming (position, key, natural_key, title_key, year, director_key)"

# Replace a director's alias by the person's current name.
RESOLVE_ALIASES = """
    UPDATE incoming SET director_key = person.name_key
      FROM movies_personalias AS alias JOIN movies_person AS person ON person.id = alias.person_id
     WHERE alias.name_key = incoming.director_key
"""

# A film with a different id of the same kind is a different film, even if the names match.
_SAME_BY_IDS = """
    NOT EXISTS (
        SELECT FROM movies_externalid AS other
         WHERE other.movie_id = movie.id AND other.name <> ALL (incoming.ids)
           AND split_part(other.name, ':', 1) = ANY (
               SELECT split_part(id, ':', 1) FROM unnest(incoming.ids) AS id))
"""

# Match in this order, each step only for rows that have no film yet:
# 1. By the row's key, if it was imported before. If that row has no film, staff removed the film.
# 2. By an id from any source.
# 3. By the film's current identity. If another row of this source has that film, skip the row in this import only: a
#    temporary mistake in a title must not bind it forever.
# 4. By the identity in another source's row, even if the film was renamed.
# 5. By title and year alone, if the row or the film has no director and no other film has that title and year.
_FIND_KNOWN = f"""
    UPDATE incoming SET movie_id = known.movie_id, aside = known.movie_id IS NULL
      FROM movies_sourcerow AS known
     WHERE known.source = %(source)s AND known.key = incoming.key;
    UPDATE incoming SET movie_id = known.movie_id, aside = known.movie_id IS NULL
      FROM (
        SELECT DISTINCT ON (position) position, known.movie_id
          FROM incoming, unnest(ids) AS id JOIN movies_externalid AS known ON known.name = id
         ORDER BY position, known.movie_id
      ) AS known
     WHERE incoming.position = known.position AND incoming.movie_id IS NULL AND NOT incoming.aside;
    UPDATE incoming
       SET movie_id = known.id,
           aside = EXISTS (SELECT FROM movies_sourcerow AS other
                            WHERE other.source = %(source)s AND other.movie_id = known.id)
      FROM (
        SELECT DISTINCT ON (position) position, movie.id
          FROM incoming JOIN movies_movie AS movie
            ON movie.title_key = incoming.title_key
           AND movie.year IS NOT DISTINCT FROM incoming.year
           AND movie.director_key = incoming.director_key
         WHERE incoming.movie_id IS NULL AND {_SAME_BY_IDS}
         ORDER BY position, movie.source_id, movie.id
      ) AS known
     WHERE incoming.position = known.position;
    UPDATE incoming SET movie_id = known.movie_id, aside = known.movie_id IS NULL
      FROM (
        SELECT DISTINCT ON (position) position, known.movie_id
          FROM incoming JOIN movies_sourcerow AS known ON known.key = incoming.natural_key
          LEFT JOIN movies_movie AS movie ON movie.id = known.movie_id
         WHERE incoming.movie_id IS NULL AND NOT aside AND known.source <> %(source)s AND {_SAME_BY_IDS}
           AND NOT EXISTS (
               SELECT FROM movies_sourcerow AS other
                WHERE other.source = %(source)s AND other.movie_id = known.movie_id)
         ORDER BY position, known.movie_id
      ) AS known
     WHERE incoming.position = known.position;
    UPDATE incoming SET movie_id = movie.id, aside = false
      FROM movies_movie AS movie
     WHERE incoming.movie_id IS NULL
       AND movie.title_key = incoming.title_key
       AND movie.year IS NOT DISTINCT FROM incoming.year
       AND '' IN (movie.director_key, incoming.director_key)
       AND {_SAME_BY_IDS}
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
"""  # noqa: S608  # made of the fragment above

# If rows with the same name have conflicting ids, only the first matches the film, as it would in separate batches.
_TELL_APART = """
    WITH placed AS (
        SELECT position, key, movie_id, ids, first_value(ids) OVER film AS ids_of_first, row_number() OVER film AS place
          FROM incoming WHERE movie_id IS NOT NULL AND NOT aside
        WINDOW film AS (PARTITION BY movie_id ORDER BY position)
    )
    UPDATE incoming SET movie_id = NULL
      FROM placed
     WHERE incoming.position = placed.position AND placed.place > 1
       AND EXISTS (
           SELECT FROM unnest(placed.ids) AS id JOIN unnest(ids_of_first) AS other
               ON split_part(other, ':', 1) = split_part(id, ':', 1) AND other <> id)
       AND NOT placed.ids && ids_of_first
       AND NOT EXISTS (
           SELECT FROM movies_sourcerow AS known WHERE known.source = %(source)s AND known.key = placed.key)
       AND NOT EXISTS (
           SELECT FROM movies_externalid AS known
            WHERE known.name = ANY (placed.ids) AND known.movie_id = placed.movie_id)
"""

# Assign film ids before the inserts, in file order, so that later statements need not look them up. Rows without ids
# that became identical because a director was renamed share one film id. A film that differs from another only by its
# external id stores that in `source_id`. (Window functions instead of joins: PostgreSQL underestimates the number of
# rows and would choose nested loops.)
_NUMBER_NEW = """
    WITH numbers AS (
        SELECT pg_get_serial_sequence('movies_movie', 'id')::regclass AS name
    ), fresh AS (
        SELECT position, title_key, year, director_key, coalesce(ids[1], '') AS id_of_row,
               min(position) OVER (PARTITION BY title_key, year, director_key, coalesce(ids[1], '')) AS first
          FROM incoming WHERE movie_id IS NULL AND NOT aside
    ), film AS (
        SELECT *, dense_rank() OVER (PARTITION BY title_key, year, director_key ORDER BY first) > 1 AS again
          FROM fresh ORDER BY position
    ), numbered AS MATERIALIZED (
        SELECT position, first, id_of_row,
               CASE WHEN position = first THEN nextval((SELECT numbers.name FROM numbers)) END AS id,
               again OR EXISTS (
                   SELECT FROM movies_movie AS movie
                    WHERE movie.title_key = film.title_key AND movie.year IS NOT DISTINCT FROM film.year
                      AND movie.director_key = film.director_key AND movie.source_id = '') AS has_namesake
          FROM film
    ), given AS MATERIALIZED (
        SELECT position, id_of_row, has_namesake, max(id) OVER (PARTITION BY first) AS id FROM numbered
    )
    UPDATE incoming
       SET movie_id = given.id, is_new = true,
           source_id = CASE WHEN has_namesake THEN given.id_of_row ELSE '' END
      FROM given
     WHERE incoming.position = given.position
    RETURNING incoming.movie_id
"""

# Delete rows of removed films, rows whose film belongs to another row, and all but the first row of each film.
_SET_ASIDE = """
    DELETE FROM incoming
     WHERE aside
        OR position IN (
           SELECT position
             FROM (SELECT position, row_number() OVER (PARTITION BY movie_id ORDER BY position) AS place
                     FROM incoming WHERE NOT aside) AS placed
            WHERE place > 1)
"""
