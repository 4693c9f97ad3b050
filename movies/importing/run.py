"""The import of a data set from its first row to its report."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from django.db import DatabaseError, connection

from movies import genre_counts, search, selectors
from movies.importing import storing
from movies.importing.identity import Batch, Staged, key_of, staged
from movies.importing.readers.rows import MovieRow, Row
from movies.importing.rehearsal import rehearsal
from movies.importing.report import ImportReport, Problem
from movies.models import ImportRun
from netflix import events

logger = structlog.get_logger(__name__)

BATCH_SIZE = 1000  # who edits a film waits for a batch, which takes half a second
_ANALYZED_AFTER = {4**power for power in range(8)}  # batches: PostgreSQL's planner has to know how the tables grow
_LOOKS_EVERY = 2.0  # seconds
_LOCK = 0x4D4F5649  # "MOVI": any number will do that nobody else in this database locks


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
    """Store the films of a data set, in batches that are each stored whole or not at all.

    Stops after `max_movies` different films. With `dry_run` everything happens on shadows (`rehearsal`): nothing stays,
    it waits for nobody, and nobody waits for it. What it changes is remembered for `run`. Only one import runs at a
    time: `on_wait` is called before waiting for another. `on_batch` is called after each batch, and may raise what ends
    the import; `on_problem` is told of every repaired cell and every skipped row. `report` is filled as it goes.
    """
    report = ImportReport() if report is None else report
    batches = _batches(_noted(rows, report, on_problem), max_movies)
    with rehearsal() if dry_run else _for_good(on_wait):
        for number, batch in enumerate(_ahead(map(staged, batches)), start=1):
            outcome = storing.store(batch, source=source, run=run.pk if run else None, rehearse=dry_run)
            report.created += outcome.created
            report.updated += outcome.updated
            report.unchanged += outcome.unchanged
            report.merged += outcome.merged
            report.kept += outcome.kept
            if number in _ANALYZED_AFTER and not dry_run:
                storing.analyze()
            on_batch(report)
    if not dry_run:
        if report.created + report.updated + report.merged:
            storing.analyze()
        settle()
    return report


def settle() -> None:
    """Let others follow the catalogue as it is now: also when nothing changed, since the import before may have been
    stopped short of this."""
    genre_counts.recount()
    search.catch_up()
    search.settle_tiers()
    events.catalogue_loaded.send(None)


def _noted(rows: Iterable[Row], report: ImportReport, on_problem: Callable[[Problem], object]) -> Iterator[MovieRow]:
    """The rows that can be stored; all go into the report."""
    for row in rows:
        for problem in report.note(row):
            on_problem(problem)
        if isinstance(row, MovieRow):
            yield row


def _batches(rows: Iterable[MovieRow], max_movies: int | None) -> Iterator[Batch]:
    """Batches in the order of the file in which no film comes twice: a later row is a change to an earlier one."""
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


def _ahead(batches: Iterator[Staged]) -> Iterator[Staged]:
    """The same, each read while PostgreSQL stores the one before.

    The first in this thread: some data sets are read once before their first film, and Ctrl-C ends that at once.
    """
    batch = next(batches, None)
    with ThreadPoolExecutor(max_workers=1) as reader:
        while batch:
            coming = reader.submit(next, batches, None)
            yield batch
            batch = coming.result()


@contextmanager
def _for_good(on_wait: Callable[[], object]) -> Iterator[None]:
    with alone(on_wait), _search_keeps_up():
        yield


@contextmanager
def _search_keeps_up() -> Iterator[None]:
    """Meanwhile a thread lets search find what was stored. Where it fails, `settle` says why."""
    done = Event()
    newest = selectors.newest_id()
    follower = Thread(target=_follow, args=(newest, done), daemon=True)
    follower.start()
    try:
        yield
    finally:
        done.set()
        follower.join()


def _follow(after: int, done: Event) -> None:
    try:
        while not done.wait(_LOOKS_EVERY):
            after = search.keep_up(after=after)
    except DatabaseError as error:
        logger.warning("search_does_not_keep_up", error=str(error))
    finally:
        connection.close()


@contextmanager
def alone_now() -> Iterator[bool]:
    """Whether no import is running; and if so, none begins meanwhile.

    Holds PostgreSQL's advisory lock, which goes with the connection however this process ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            _unlock()


def nobody_imports() -> bool:
    """Whether no import is running; until the transaction ends, none begins. For web pages: what lies between them and
    PostgreSQL may give each of their transactions another connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        (alone,) = cursor.fetchone()
    return bool(alone)


@contextmanager
def alone(on_wait: Callable[[], object]) -> Iterator[None]:
    """Waits until no import is running, having called `on_wait`, and then lets none begin. May be nested."""
    with alone_now() as alone:
        if alone:
            yield
            return
        on_wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            _unlock()


def _unlock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
