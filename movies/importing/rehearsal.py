"""An import that only tells what it would do: the same statements, on shadows of the catalogue's tables.

Temporary tables hide those of the same name. They hold what the file's films have in the catalogue, so whatever is
changed stays within this connection. The catalogue's own tables are only read, in a transaction for each batch: a
migration may have to wait for that, and nothing else does.

Others may import and edit meanwhile. A film is looked up when the first batch that has to do with it is stored, and
later changes to it are not seen: the report is exact if nothing else changes, and an estimate otherwise.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection, transaction
from django.db.backends.utils import CursorWrapper

_SHADOWED = (
    "movies_movie", "movies_genre", "movies_genrealias", "movies_person", "movies_moviegenre", "movies_credit",
    "movies_sourcerow", "movies_externalid",
)  # fmt: skip

_NUMBERED = set(_SHADOWED) - {"movies_externalid"}

_SHADOW = """
    CREATE TEMPORARY TABLE {table} (LIKE {schema}.{table} INCLUDING ALL)
"""
# Far away from where others add rows meanwhile, which a later batch may have to do with.
_NUMBER_ON = """
    SELECT setval(pg_get_serial_sequence('pg_temp.{table}', 'id'), coalesce(max(id), 0) + 1000000000000)
      FROM {schema}.{table}
"""

# What the batch in the table `incoming` has to do with, unless an earlier batch had too. Rows are looked up by arrays:
# PostgreSQL takes a list for longer than it is, and then would rather read whole tables. A film that somebody has added
# meanwhile, as an earlier batch would have, is left out, and with it what is known by its number.
_FILL = """
    INSERT INTO movies_genre OVERRIDING SYSTEM VALUE SELECT * FROM {schema}.movies_genre ON CONFLICT DO NOTHING;
    INSERT INTO movies_genrealias OVERRIDING SYSTEM VALUE
    SELECT * FROM {schema}.movies_genrealias ON CONFLICT DO NOTHING;
    WITH wanted AS (
        SELECT known.movie_id AS id FROM {schema}.movies_sourcerow AS known JOIN incoming USING (key)
         WHERE known.source = %(source)s
        UNION
        SELECT known.movie_id FROM {schema}.movies_sourcerow AS known
          JOIN incoming ON known.key = incoming.natural_key
        UNION
        SELECT known.movie_id FROM incoming, unnest(ids) AS id
          JOIN {schema}.movies_externalid AS known ON known.name = id
        UNION
        SELECT known.movie_id FROM incoming JOIN {schema}.movies_sourcerow AS known
            ON known.called <> '' AND known.called = incoming.title_key || '|' || coalesce(incoming.year::text, '')
        UNION
        SELECT same.id FROM {schema}.movies_movie AS same
          JOIN incoming ON same.title_key = incoming.title_key AND same.year IS NOT DISTINCT FROM incoming.year
    ), movies AS (
        INSERT INTO movies_movie OVERRIDING SYSTEM VALUE
        SELECT movie.* FROM {schema}.movies_movie AS movie WHERE movie.id = ANY (ARRAY(SELECT id FROM wanted))
        ON CONFLICT DO NOTHING
        RETURNING id
    ), here AS (
        SELECT id FROM movies UNION ALL SELECT id FROM movies_movie WHERE id = ANY (ARRAY(SELECT id FROM wanted))
    ), genres AS (
        INSERT INTO movies_moviegenre OVERRIDING SYSTEM VALUE
        SELECT * FROM {schema}.movies_moviegenre WHERE movie_id = ANY (ARRAY(SELECT id FROM movies))
    ), credits AS (
        INSERT INTO movies_credit OVERRIDING SYSTEM VALUE
        SELECT * FROM {schema}.movies_credit WHERE movie_id = ANY (ARRAY(SELECT id FROM movies))
        RETURNING person_id
    ), source_rows AS (
        INSERT INTO movies_sourcerow OVERRIDING SYSTEM VALUE
        SELECT * FROM {schema}.movies_sourcerow
         WHERE ((source = %(source)s AND key = ANY (ARRAY(SELECT key FROM incoming)))
             OR key = ANY (ARRAY(SELECT natural_key FROM incoming))
             OR movie_id = ANY (ARRAY(SELECT id FROM movies)))
           AND (movie_id IS NULL OR movie_id IN (SELECT id FROM here))
        ON CONFLICT DO NOTHING
    ), external_ids AS (
        INSERT INTO movies_externalid
        SELECT * FROM {schema}.movies_externalid
         WHERE (name = ANY (ARRAY(SELECT unnest(ids) FROM incoming)) OR movie_id = ANY (ARRAY(SELECT id FROM movies)))
           AND (movie_id IS NULL OR movie_id IN (SELECT id FROM here))
        ON CONFLICT DO NOTHING
    ), named AS (
        SELECT unnest(director_keys || actor_keys) AS name_key FROM incoming
    )
    INSERT INTO movies_person OVERRIDING SYSTEM VALUE
    SELECT * FROM {schema}.movies_person
     WHERE name_key = ANY (ARRAY(SELECT name_key FROM named))
        OR id = ANY (ARRAY(SELECT person_id FROM credits))
        OR id = ANY (ARRAY(
               SELECT person_id FROM {schema}.movies_personalias
                WHERE name_key = ANY (ARRAY(SELECT name_key FROM named))))
    ON CONFLICT DO NOTHING;
"""


@contextmanager
def rehearsal() -> Iterator[None]:
    """Until it ends, this connection sees shadows of the catalogue, empty until `fill`."""
    with transaction.atomic(), connection.cursor() as cursor:
        schema = _schema(cursor)
        for table in _SHADOWED:
            cursor.execute(_SHADOW.format(table=table, schema=schema))
            if table in _NUMBERED:
                cursor.execute(_NUMBER_ON.format(table=table, schema=schema))
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # where the connection is lost, so are they
            cursor.execute(f"DROP TABLE {', '.join(f'pg_temp.{table}' for table in _SHADOWED)}")


def fill(cursor: CursorWrapper, source: str) -> None:
    """Put into the shadows what is known of the films that were just copied into `incoming`."""
    cursor.execute(_FILL.format(schema=_schema(cursor)), {"source": source})


def _schema(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    (schema,) = cursor.fetchone()
    return str(schema)
