"""The undo log of an import: what it changes in films that existed before.

Facts are stored as JSON: a film's columns by name; `genres` as genre ids; `directors` and `actors` as person ids in
billing order; `gives`, a mapping from source row id to the facts that the row provides; and `ids`, the external ids.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

from movies.importing import facts
from movies.importing.sql_files import links_json, sql

COLUMNS = (*facts.COLUMNS, "title_key", "director_key", "source")

# SQL expression: the facts of the film `movie`.
FACTS_SQL = sql(
    "facts_json",
    columns=", ".join(f"'{name}', movie.{name}" for name in COLUMNS),
    links=", ".join(f"'{name}', {links_json(name, by='id')}" for name in facts.LINKS),
)
_STORE_BEFORE = f"""
    CREATE TEMPORARY TABLE facts_before ON COMMIT DROP AS SELECT movie.id AS movie_id, {FACTS_SQL} AS facts FROM
"""  # noqa: S608
_STORE_CHANGES = sql("journal_changes", facts=FACTS_SQL)


@contextmanager
def log_changes(cursor: CursorWrapper, run: int | None, movie_ids: Collection[int] | None = None) -> Iterator[None]:
    """Record for `run` which facts of these films, by default the existing ones in `incoming`, change in this block.

    If a run changes a film twice, the record keeps the first value before and the last value after.
    """
    if run is None or (movie_ids is not None and not movie_ids):
        yield
        return
    if movie_ids is None:
        cursor.execute(f"{_STORE_BEFORE} incoming JOIN movies_movie AS movie ON movie.id = incoming.movie_id")
    else:
        cursor.execute(f"{_STORE_BEFORE} movies_movie AS movie WHERE movie.id = ANY(%s)", [list(movie_ids)])
    yield
    cursor.execute(_STORE_CHANGES, [run])
    cursor.execute("DROP TABLE facts_before")
