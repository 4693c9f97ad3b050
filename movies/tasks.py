from typing import Any

import structlog
from celery import shared_task

from movies import genre_counts, posters
from movies.history import Author
from movies.importing import undoing, uploads
from movies.models import Change
from netflix.api.circuit_breakers import BROKER_ERRORS

logger = structlog.get_logger(__name__)

_RETRY_AFTER = 5  # seconds, while another import is running
_EXPIRES = 10  # seconds: by then `start_waiting_imports` has published it again


def publish(task: Any, run_id: int, *more: int) -> bool:
    """Publish a task about an import; returns False while the broker is down."""
    try:
        task.apply_async([run_id, *more], retry=False, expires=_EXPIRES if task is import_upload else None)
    except BROKER_ERRORS:
        return False
    return True


@shared_task(acks_late=False)  # scheduled again the next night anyway
def recount_genres() -> None:
    genre_counts.recount()


@shared_task
def import_upload(run_id: int) -> None:
    """Does nothing while another import is running: `start_waiting_imports` publishes it again."""
    uploads.import_queued(run_id)


@shared_task(bind=True, max_retries=None)
def undo_import(self: Any, run_id: int, user_id: int | None = None) -> None:
    """`user_id`: who has asked for it, in the admin."""
    by = None if user_id is None else Author(user_id, Change.Way.ADMIN)

    def busy() -> None:
        raise self.retry(countdown=_RETRY_AFTER)

    try:
        undoing.undo(run_id, by=by, on_wait=busy)
    except undoing.CannotUndo as error:
        logger.warning("import_not_undone", run=run_id, reason=str(error))


@shared_task
def start_waiting_imports() -> None:
    """Publish imports that waited for another, or whose task was lost; a duplicate task does nothing."""
    for run_id in uploads.waiting():
        publish(import_upload, run_id)


@shared_task
def sweep_uploads() -> None:
    uploads.sweep()


@shared_task(acks_late=False)  # scheduled again the next night anyway
def sweep_posters() -> None:
    posters.sweep()
