"""Uploaded files, stored in the database until a worker, perhaps on another machine, has imported them."""

import re
import tempfile
from datetime import timedelta
from pathlib import Path, PurePath

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from movies.importing import runs
from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError
from movies.importing.run import try_import_lock
from movies.models import ImportPiece, ImportRun
from netflix.accounts.services import lock_user

State = ImportRun.State

PIECE_BYTES = 512 * 1024
ABANDONED_AFTER = timedelta(days=1)


@transaction.atomic
def begin(*, file_name: str, source: str, user_id: int) -> ImportRun:
    """Start an upload. `source` names the data set; if empty, the header decides. Raises UserErased."""
    lock_user(user_id)
    name = PurePath(file_name.replace("\\", "/")).name.replace("\x00", "")
    return ImportRun.objects.create(
        file_name=name[-255:] or "films", source=source, user_id=user_id, state=State.UPLOADING
    )


def add_piece(run_id: int, *, number: int, content: bytes) -> bool:
    """Store a piece; idempotent. False if the upload is complete or cancelled."""
    if not ImportRun.objects.filter(pk=run_id, state=State.UPLOADING).exists():
        return False
    ImportPiece.objects.bulk_create([ImportPiece(run_id=run_id, number=number, content=content)], ignore_conflicts=True)
    return True


def complete(run_id: int, *, pieces: int) -> bool:
    """Queue the import if pieces 0 to `pieces` - 1 are stored; idempotent. False if some are missing or the upload is
    cancelled."""
    run = ImportRun.objects.filter(pk=run_id, state=State.UPLOADING)
    if ImportPiece.objects.filter(run__in=run, number__lt=pieces).count() == pieces:
        run.update(state=State.WAITING, asked_at=timezone.now())
    return ImportRun.objects.filter(pk=run_id, cancel_requested=False).exclude(state=State.UPLOADING).exists()


def waiting() -> list[int]:
    """Ids of the queued imports, oldest first."""
    return list(ImportRun.objects.filter(state=State.WAITING).order_by("id").values_list("id", flat=True))


def import_queued(run_id: int) -> None:
    """Import a queued file, unless another import is running. If the worker is killed, the import is retried from the
    start."""
    with try_import_lock() as is_locked:
        if not is_locked:
            return
        runs.mark_interrupted()
        run = ImportRun.objects.filter(pk=run_id, state=State.WAITING).first()
        if run is not None and not runs.give_up(run):
            # Count the attempt before opening the file, which may kill the worker.
            ImportRun.objects.filter(pk=run.pk).update(attempts=models.F("attempts") + 1)
            import_file(run)


def sweep() -> None:
    """Cancel abandoned uploads; delete the pieces of files that are no longer needed."""
    abandoned = models.Q(state=State.UPLOADING, asked_at__lt=timezone.now() - ABANDONED_AFTER)
    ImportRun.objects.filter(abandoned).update(
        state=State.CANCELLED, cancel_requested=True, ended_at=timezone.now(), message="The upload was never completed."
    )
    needed = [State.UPLOADING, State.WAITING, State.RUNNING]
    ImportPiece.objects.exclude(run__state__in=needed).delete()


def import_file(run: ImportRun) -> None:
    """Any error ends the import and is stored in the record; unexpected ones are raised."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _safe_name(run.file_name)
            with path.open("wb") as file:
                for content in run.pieces.order_by("number").values_list("content", flat=True).iterator(chunk_size=1):
                    file.write(content)
            dataset = open_dataset(path, source=run.source)
            runs.import_dataset(dataset, dataset.rows(), run=run, max_movies=settings.MAX_MOVIES)
    except Exception as error:
        not_begun = ImportRun.objects.filter(pk=run.pk, state=State.WAITING)
        not_begun.update(state=State.FAILED, message=str(error), ended_at=timezone.now())
        if not isinstance(error, DatasetError | runs.Cancelled):
            raise
    finally:
        run.pieces.all().delete()


def _safe_name(name: str) -> str:
    """A file name that is safe in any folder."""
    return re.sub(r"[^\w.-]", "_", name)[-60:].lstrip(".") or "films"
