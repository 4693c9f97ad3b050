"""Run an import: batches, the lock against concurrent imports, and the search index."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from django.db import DatabaseError, connection

from movies import genre_counts, search, selectors
from movies.importing import storing
from movies.importing.dry_run import shadow_tables
from movies.importing.identity import Batch, Staged, key_of, staged
from movies.importing.readers.rows import MovieRow, Row
from movies.importing.report import ImportReport, Problem
from movies.models import ImportRun
from netflix import events

logger = structlog.get_logger(__name__)

BATCH_SIZE = 1000  # rows; a batch locks out edits for about half a second
_ANALYZED_AFTER = {4**power for power in range(8)}  # batches; keeps the planner's statistics current as tables grow
INDEX_SECONDS = 2.0  # between updates of the search index during an import
IMPORT_LOCK = 0x4D4F5649  # "MOVI"; any number that no other advisory lock in this database uses


def import_rows(
    rows: Iterable[Row],
    *,
    source: str,
    max_movies: int | None = None,
    dry_run: bool = False,
    report: ImportReport | None = None,
    run: ImportRun | None = None,
    on_wait: Callable[[], object] = lambda: None,
    on_batch: Callable[[ImportReport], object] = lambda _: None,
    on_problem: Callable[[Problem], object] = lambda _: None,
) -> ImportReport:
    """Store the films of a data set, one transaction per batch, and return the report.

    Stops after `max_movies` different films. With `dry_run` it works on temporary tables, stores nothing, and neither
    waits for others nor blocks them. Changes are logged for `run`, so that they can be undone. Only one import runs at
    a time: `on_wait` is called before waiting for another. `on_batch` is called after each batch and may raise to stop
    the import; `on_problem` is called for each problem. `report` is updated during the import.
    """
    report = ImportReport() if report is None else report
    batches = _batches(_storable(rows, report, on_problem), max_movies)
    with shadow_tables() if dry_run else _lock_and_index(on_wait):
        for number, batch in enumerate(_prefetched(map(staged, batches)), start=1):
            outcome = storing.store(batch, source=source, run=run.pk if run else None, dry_run=dry_run)
            report.add(outcome._asdict())
            if number in _ANALYZED_AFTER and not dry_run:
                storing.analyze(search_too=False)
            on_batch(report)
    if not dry_run:
        if report.created + report.updated + report.merged:
            storing.analyze(search_too=True)
        refresh_derived()
    return report


def refresh_derived() -> None:
    """Refresh everything derived from the catalogue: genre counts, search and rankings.

    Needed even if nothing changed, because an earlier import may have stopped before this step.
    """
    genre_counts.recount()
    search.update_index()
    search.rebalance_tiers()
    events.catalogue_loaded.send(None)


def _storable(rows: Iterable[Row], report: ImportReport, on_problem: Callable[[Problem], object]) -> Iterator[MovieRow]:
    """Yield the rows that can be stored; add all rows to the report."""
    for row in rows:
        for problem in report.count_row(row):
            on_problem(problem)
        if isinstance(row, MovieRow):
            yield row


def _batches(rows: Iterable[MovieRow], max_movies: int | None) -> Iterator[Batch]:
    """Yield batches in file order. A film's second row starts a new batch, as an update of the first."""
    batch: Batch = {}
    ids: set[str] = set()
    movies: set[str] = set()
    for row in rows:
        key = key_of(row)
        if key in batch or len(batch) == BATCH_SIZE or not ids.isdisjoint(row.ids):
            yield batch
            batch, ids = {}, set()
        batch[key] = row
        ids.update(row.ids)
        if max_movies is None:
            continue
        movies.add(key)
        if len(movies) == max_movies:
            break
    if batch:
        yield batch


def _prefetched(batches: Iterator[Staged]) -> Iterator[Staged]:
    """Read the next batch in a thread while PostgreSQL stores the current one.

    The first batch is read in this thread, so that Ctrl-C interrupts the long first pass that some data sets need.
    """
    batch = next(batches, None)
    with ThreadPoolExecutor(max_workers=1) as reader:
        while batch:
            coming = reader.submit(next, batches, None)
            yield batch
            batch = coming.result()


@contextmanager
def _lock_and_index(on_wait: Callable[[], object]) -> Iterator[None]:
    with import_lock(on_wait), _index_new_movies():
        yield


@contextmanager
def _index_new_movies() -> Iterator[None]:
    """Update the search index from a thread during the block.

    A failure is only logged: `refresh_derived` repeats the work.
    """
    done = Event()
    newest = selectors.newest_id()
    indexer = Thread(target=_keep_indexing, args=(newest, done), daemon=True)
    indexer.start()
    try:
        yield
    finally:
        done.set()
        indexer.join()


def _keep_indexing(after: int, done: Event) -> None:
    try:
        while not done.wait(INDEX_SECONDS):
            after = search.index_new_movies(after=after)
    except DatabaseError as error:
        logger.warning("search_does_not_keep_up", error=str(error))
    finally:
        connection.close()


@contextmanager
def import_lock(on_wait: Callable[[], object]) -> Iterator[None]:
    """Hold the import lock; calls `on_wait` before waiting for another import. Reentrant."""
    if not _call("pg_try_advisory_lock"):
        on_wait()
        _call("pg_advisory_lock")
    try:
        yield
    finally:
        _call("pg_advisory_unlock")


@contextmanager
def try_import_lock() -> Iterator[bool]:
    """Try to take the import lock; yields whether it was free. Held until the block ends.

    It is a session-level advisory lock, which PostgreSQL releases if this process dies.
    """
    is_locked = _call("pg_try_advisory_lock")
    try:
        yield is_locked
    finally:
        if is_locked:
            _call("pg_advisory_unlock")


def try_import_lock_until_commit() -> bool:
    """Try to take the import lock until the transaction ends; return whether it was free.

    For web requests: a connection pooler may give each transaction another connection.
    """
    return _call("pg_try_advisory_xact_lock")


def _call(function: str) -> bool:
    """Call one of PostgreSQL's functions for advisory locks."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [IMPORT_LOCK])
        (result,) = cursor.fetchone()
    return bool(result)
