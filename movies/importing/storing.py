"""Store a batch of films: COPY into a temporary table, then a fixed number of set-based statements.

A missing value never erases a stored one. Manual edits (`Movie.edited`, a removal, a renamed person or genre) win over
every file; among files the source with the higher `precedence` wins.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from movies import merging, search
from movies.importing import comparing, journal, precedence
from movies.importing.identity import Staged, resolve
from movies.importing.sql_files import sql
from movies.locks import lock_editing, lock_indexing
from movies.merging import Combined
from netflix import events


class BatchOutcome(NamedTuple):
    """Counts of rows. `merged`: rows that revealed duplicate films. `kept`: rows that changed nothing, because staff
    edited or removed the film, or another row of this data set already describes it."""

    created: int
    updated: int
    unchanged: int
    merged: int
    kept: int


@dataclass(slots=True)
class _Stored:
    """What became of a batch: ids of films."""

    created: set[int]
    changed: set[int] = field(default_factory=set)
    conflicting_edits: set[int] = field(default_factory=set)  # the file contradicts what staff have edited
    respelled: set[int] = field(default_factory=set)  # a name in their credits has a better spelling now
    split: set[int] = field(default_factory=set)  # films that a row was split off, and the films of those rows
    combined: list[Combined] = field(default_factory=list)
    merged: set[int] = field(default_factory=set)  # films of the batch that are in `combined`


@transaction.atomic
def store(batch: Staged, *, source: str, run: int | None = None, dry_run: bool = False) -> BatchOutcome:
    """Create or update the films of a batch in one transaction, and log the changes for `run`.

    With `dry_run`, inside `shadow_tables()`, only the outcome is computed; the catalogue does not change.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PLANNER_SETTINGS)
        if not dry_run:
            lock_editing()  # no one can add one of these films between our read and our write
        created, ignored = resolve(cursor, batch, source=source, dry_run=dry_run)
        stored = _Stored(created)
        some_known = len(created) < batch.rows - ignored
        with journal.log_changes(cursor, run if some_known else None):
            _store_facts(cursor, stored, source, run, some_known=some_known)
        _merge_duplicates(cursor, stored, run, dry_run=dry_run)
        cursor.execute("DROP TABLE incoming")
    if not dry_run:
        _refresh(stored, run)
    return _outcome(stored, batch.rows, ignored)


def _store_facts(cursor: CursorWrapper, stored: _Stored, source: str, run: int | None, *, some_known: bool) -> None:
    """Store the facts of the rows in `incoming`. Some statements matter only if films of the batch existed before."""
    if some_known:
        cursor.execute(_LOCK_MOVIES)
        _overrule(cursor, source)
        cursor.execute(_TAKE, {"source": source})
    cursor.execute(_STORE_SOURCE_ROWS, {"source": source, "run": run})
    stored.respelled = _ids(cursor, _PEOPLE)
    cursor.execute(_LOCK_RESPELLED, [list(stored.respelled)])
    if some_known:
        stored.conflicting_edits = _ids(cursor, _CONFLICTING_EDITS)
        weaker = list(precedence.weaker(source, "title"))
        stored.changed = _ids(cursor, _UPDATE, {"source": source, "weaker": weaker})
    cursor.execute(_INSERT, {"source": source})
    stored.changed |= _ids(cursor, _GENRES) | _ids(cursor, _CREDITS)
    if some_known:
        stored.changed |= _rename(cursor)
    stored.changed -= stored.created


def _merge_duplicates(cursor: CursorWrapper, stored: _Stored, run: int | None, *, dry_run: bool) -> None:
    """Split off rows that could also describe another film, then merge duplicate films."""
    candidates = comparing.possible_duplicates(cursor)
    if not candidates:
        return
    rows = comparing.ambiguous_rows(cursor, candidates)
    with journal.log_changes(cursor, run, rows.keys()):
        stored.split = {movie_id for item in rows.items() for movie_id in merging.split_rows(*item)}
    pairs = comparing.find_duplicates(cursor, candidates)
    merging.lock_movies(set(chain.from_iterable(pairs)))
    with journal.log_changes(cursor, run, {kept for kept, _ in pairs}):
        stored.combined = _combine(cursor, pairs, dry_run=dry_run)
    if stored.combined:
        stored.merged = _ids(cursor, _IN_BATCH, [list(chain.from_iterable(pair[:2] for pair in stored.combined))])


def _combine(cursor: CursorWrapper, pairs: list[tuple[int, int]], *, dry_run: bool) -> list[Combined]:
    combined = []
    for kept, merged in pairs:
        with suppress(IntegrityError), transaction.atomic():  # a third film has that name
            combined.append(merging.combine(kept, merged))
            if dry_run:
                cursor.execute(_DELETE_MERGED, {"movie_id": merged})
    return combined


def _refresh(stored: _Stored, run: int | None) -> None:
    """Update the search, move the rows of users, and delete the merged films. New films are indexed later."""
    gone = {pair.merged for pair in stored.combined}
    changed = (stored.changed | stored.split | {pair.kept for pair in stored.combined}) - gone
    if gone:
        lock_indexing()
    for movie_id in sorted(gone):
        search.remove_document(movie_id)
    search.index(changed | (stored.respelled - gone))
    merging.finish_merge(stored.combined, run_id=run)
    events.movies_changed.send(None, movie_ids=changed)


def _outcome(stored: _Stored, rows: int, ignored: int) -> BatchOutcome:
    merged = len(stored.merged)
    created = len(stored.created - stored.merged)
    updated = len(stored.changed - stored.merged)
    kept = ignored + len(stored.conflicting_edits - stored.changed - stored.merged)
    return BatchOutcome(created, updated, rows - created - updated - merged - kept, merged, kept)


def _overrule(cursor: CursorWrapper, source: str) -> None:
    stronger = precedence.stronger(source)
    sources, facts = [other for other, _ in stronger], [fact for _, fact in stronger]
    cursor.execute(_OVERRULE, {"source": source, "sources": sources, "facts": facts})


def _rename(cursor: CursorWrapper) -> set[int]:
    """Rename films as in the file where nothing overrules it, unless another film has that name; return their ids."""
    cursor.execute(_FIND_RENAMED)
    renamed = set()
    for movie_id, *identity in cursor.fetchall():
        with suppress(IntegrityError), transaction.atomic():
            cursor.execute(_KEEP_NAME, [movie_id])
            cursor.execute(_RENAME, [*identity, movie_id])
            renamed.add(movie_id)
    return renamed


def _ids(cursor: CursorWrapper, statement: str, values: dict[str, Any] | list[Any] | None = None) -> set[int]:
    cursor.execute(statement, values)
    return {movie_id for (movie_id,) in cursor.fetchall()}


_OVERRULE, _TAKE, _STORE_SOURCE_ROWS, _PEOPLE = map(
    sql, ("05_overrule", "06_take", "07_store_source_rows", "08_people")
)
_CONFLICTING_EDITS, _UPDATE, _INSERT = map(sql, ("09_conflicting_edits", "10_update", "11_insert"))
_GENRES, _CREDITS, _FIND_RENAMED = map(sql, ("12_genres", "13_credits", "14_renamed"))

# A batch is small compared to the catalogue: prefer index lookups to table scans, and skip JIT compilation.
_PLANNER_SETTINGS = "SET LOCAL random_page_cost = 0.1; SET LOCAL jit = off"

# Lock the films, so that a concurrent `search.index_new_movies` indexes them before or after this batch, not during it.
_LOCK_MOVIES = "SELECT FROM movies_movie WHERE id IN (SELECT movie_id FROM incoming) ORDER BY id FOR NO KEY UPDATE"
_LOCK_RESPELLED = "SELECT FROM movies_movie WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

# Does what a trigger does on the real tables; the temporary tables of a dry run have no triggers.
_KEEP_NAME = """
    UPDATE movies_sourcerow SET called = movie.title_key || '|' || coalesce(movie.year::text, '')
      FROM movies_movie AS movie WHERE movie.id = %s AND movie_id = movie.id AND called = ''
"""
_RENAME = "UPDATE movies_movie SET title = %s, title_key = %s, year = %s, director_key = %s WHERE id = %s"

_IN_BATCH = "SELECT movie_id FROM incoming WHERE movie_id = ANY(%s)"
_DELETE_MERGED = """
    DELETE FROM movies_moviegenre WHERE movie_id = %(movie_id)s;
    DELETE FROM movies_credit WHERE movie_id = %(movie_id)s;
    DELETE FROM movies_movie WHERE id = %(movie_id)s
"""

_LOADED = (
    "movies_movie", "movies_moviegenre", "movies_credit", "movies_person", "movies_sourcerow", "movies_externalid",
)  # fmt: skip
_SEARCHED = ("movies_searchdocument", "movies_searchword")


def analyze(*, search_too: bool) -> None:
    """Update the planner's statistics of the tables that imports read, and of those that only searches read."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_LOADED + _SEARCHED if search_too else _LOADED)}")
