"""Dry runs: execute the import's statements on temporary copies of the catalogue's tables ("shadows").

A temporary table hides the real one of the same name in this connection. Shadows hold the catalogue's rows for the
films in the file. The real tables are only read, in one transaction per batch, which can block only migrations.

Other imports and edits may run at the same time. A film is copied for the first batch that refers to it; later changes
to it are not seen. The report is exact if nothing else changes, otherwise an estimate.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection, transaction
from django.db.backends.utils import CursorWrapper

from movies.importing.sql_files import sql

_SHADOWED = (
    "movies_movie", "movies_genre", "movies_genrealias", "movies_person", "movies_moviegenre", "movies_credit",
    "movies_sourcerow", "movies_externalid",
)  # fmt: skip

_WITH_SEQUENCE = set(_SHADOWED) - {"movies_externalid"}

_SHADOW = """
    CREATE TEMPORARY TABLE {table} (LIKE {schema}.{table} INCLUDING ALL)
"""
# Keep new ids clear of those that other transactions add, which a later batch may copy.
_ADVANCE_SEQUENCE = """
    SELECT setval(pg_get_serial_sequence('pg_temp.{table}', 'id'), coalesce(max(id), 0) + 1000000000000)
      FROM {schema}.{table}
"""


@contextmanager
def shadow_tables() -> Iterator[None]:
    """Context in which this connection sees shadows instead of the catalogue. They are empty until `fill`."""
    with transaction.atomic(), connection.cursor() as cursor:
        schema = _schema(cursor)
        for table in _SHADOWED:
            cursor.execute(_SHADOW.format(table=table, schema=schema))
            if table in _WITH_SEQUENCE:
                cursor.execute(_ADVANCE_SEQUENCE.format(table=table, schema=schema))
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a lost connection has dropped them already
            cursor.execute(f"DROP TABLE {', '.join(f'pg_temp.{table}' for table in _SHADOWED)}")


def fill(cursor: CursorWrapper, source: str) -> None:
    """Copy the catalogue's data on the films in `incoming` into the shadows."""
    cursor.execute(sql("copy_related", schema=_schema(cursor)), {"source": source})


def _schema(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    (schema,) = cursor.fetchone()
    return str(schema)
