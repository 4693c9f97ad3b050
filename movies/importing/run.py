"""The import of a data set from its first row to its report."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection

from movies import genre_counts, search
from movies.importing import storing
from movies.importing.identity import Batch, key_of
from movies.importing.readers.rows import MovieRow, Row
from movies.importing.rehearsal import rehearsal
from movies.importing.report import ImportReport, Problem
from netflix.api import hooks

BATCH_SIZE = 2000
_LOCK = 0x4D4F5649  # "MOVI": any number will do that nobody else in this database locks


def import_rows(
    rows: Iterable[Row],
    *,
    source: str,
    max_movies: int | None = None,
    dry_run: bool = False,
    on_wait: Callable[[], None] = lambda: None,
    on_problem: Callable[[Problem], object] = lambda _: None,
) -> ImportReport:
    """Store the films of a data set, in batches that are each stored whole or not at all.

    Stops after `max_movies` different films. With `dry_run` everything happens on shadows: nothing stays, and
    nobody waits for it. Only one import runs at a time: `on_wait` is called before waiting for another. `on_problem`
    is told of every repaired cell and every skipped row.
    """
    report = ImportReport()
    with _alone(on_wait), rehearsal() if dry_run else nullcontext():
        for batch in _batches(_noted(rows, report, on_problem), max_movies):
            outcome = storing.store(batch, source=source, rehearse=dry_run)
            report.created += outcome.created
            report.updated += outcome.updated
            report.unchanged += outcome.unchanged
            report.kept += outcome.kept
    if not dry_run:
        if report.created + report.updated:
            storing.analyze()
        settle()
    return report


def settle() -> None:
    """Let others follow the catalogue as it is now: also when nothing changed, since the import before may have been
    stopped short of this."""
    genre_counts.recount()
    search.settle_tiers()
    hooks.catalogue_loaded()


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


@contextmanager
def _alone(on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds PostgreSQL's advisory lock, which goes with the connection however this process ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (alone,) = cursor.fetchone()
        if not alone:
            on_wait()
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
