"""Imports with a record (`ImportRun`), so that others can watch, cancel and undo them."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from movies.importing.readers import Dataset
from movies.importing.readers.rows import Row
from movies.importing.report import ImportReport, Problem
from movies.importing.run import import_lock, import_rows, refresh_derived, try_import_lock_until_commit
from movies.models import ImportPiece, ImportRun

State = ImportRun.State
_MAX_ATTEMPTS = 3
_RESTARTED = "Its process was ended and it began anew; the films that it had stored by then are counted as unchanged."


class Cancelled(Exception):
    """The import was cancelled. Completed batches stay."""


def import_dataset(
    dataset: Dataset,
    rows: Iterable[Row],
    *,
    run: ImportRun,
    max_movies: int | None = None,
    on_wait: Callable[[], None] = lambda: None,
    on_problem: Callable[[Problem], object] = lambda _: None,
) -> ImportReport:
    """Import the `rows` of a data set and update the record after each batch.

    Raises DatasetError, Cancelled, DatabaseError; the reason is stored in the record.
    """

    def record_progress(report: ImportReport) -> None:
        if not _record_progress(run, report, dataset):
            raise Cancelled("It was stopped.")

    report = ImportReport()
    with import_lock(on_wait):  # until the outcome is in the record
        _record_start(run, dataset)
        try:
            import_rows(
                rows, source=dataset.source, max_movies=max_movies, report=report, run=run,
                on_batch=record_progress, on_problem=on_problem,
            )  # fmt: skip
        except BaseException as error:
            stopped = isinstance(error, Cancelled | KeyboardInterrupt)
            with suppress(DatabaseError):  # if the database is down, the next import records the end
                state = State.CANCELLED if stopped else State.FAILED
                _record_end(run, report, state, str(error) or "It was stopped.")
            with suppress(DatabaseError):
                refresh_derived()  # stored films must be searchable and ranked
            raise
        _record_end(run, report, State.DONE)
    return report


def cancel(run_id: int) -> bool:
    """Stop an import after its current batch; False if it has already ended."""
    waiting = ImportRun.objects.filter(pk=run_id, state__in=[State.UPLOADING, State.WAITING])
    if waiting.update(state=State.CANCELLED, cancel_requested=True, ended_at=timezone.now()):
        ImportPiece.objects.filter(run=run_id).delete()
        return True
    return bool(ImportRun.objects.filter(pk=run_id, state=State.RUNNING).update(cancel_requested=True))


def mark_interrupted() -> None:
    """Update the records of imports whose process died: they wait again or are interrupted."""
    with transaction.atomic():
        if try_import_lock_until_commit():
            _mark_interrupted()


def give_up(run: ImportRun) -> bool:
    """Mark an import as interrupted if it has killed too many workers; return whether it has."""
    if run.attempts < _MAX_ATTEMPTS:
        return False
    message = "Every worker that tried it died."
    ImportRun.objects.filter(pk=run.pk).update(state=State.INTERRUPTED, message=message, ended_at=timezone.now())
    return True


def fingerprint(dataset: Dataset) -> str:
    """The hexadecimal SHA-256 of the concatenated files."""
    digest = hashlib.sha256()
    for path in dict.fromkeys(file.path for file in (dataset.file, *dataset.companions)):
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def _record_start(run: ImportRun, dataset: Dataset) -> None:
    """Raises Cancelled if the import was cancelled while it waited."""
    _mark_interrupted()  # holding the import lock, so a run still marked as running is dead
    begun = {
        "state": State.RUNNING, "started_at": timezone.now(), "source": dataset.source,
        "sha256": fingerprint(dataset), "bytes_total": dataset.size, "message": _RESTARTED if run.attempts else "",
    }  # fmt: skip
    if run.pk is None:
        for name, value in begun.items():
            setattr(run, name, value)
        run.save()
    elif not ImportRun.objects.filter(pk=run.pk, state=State.WAITING).update(**begun):
        raise Cancelled("It was stopped.")


def _mark_interrupted() -> None:
    """Retry uploads whose file is still stored and that have attempts left; mark other runs as interrupted."""
    running = ImportRun.objects.filter(state=State.RUNNING)
    again = running.filter(Exists(ImportPiece.objects.filter(run=OuterRef("pk"))), attempts__lt=_MAX_ATTEMPTS)
    again.filter(cancel_requested=False).update(state=State.WAITING)
    message = "Its process died before the import was done. Import the file again to continue."
    running.update(state=State.INTERRUPTED, message=message, ended_at=timezone.now())


def _record_progress(run: ImportRun, report: ImportReport, dataset: Dataset) -> int:
    running = ImportRun.objects.filter(pk=run.pk, cancel_requested=False)
    return running.update(bytes_read=dataset.position(), **report.counts())


def _record_end(run: ImportRun, report: ImportReport, state: str, message: str = "") -> None:
    problems = [list(problem) for problem in report.problems]
    reason = {"message": message} if message else {}
    ImportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=state, ended_at=timezone.now(), problems=problems, **reason, **report.counts()
    )
