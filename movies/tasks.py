from typing import Any

import structlog
from celery import shared_task

from movies import genre_counts
from movies.importing import undoing, uploads
from netflix.api.circuit import REDIS_TROUBLE

logger = structlog.get_logger(__name__)

_COMES_AGAIN_AFTER = 5  # seconds, while another import is running


def ask(task: Any, run_id: int) -> bool:
    """Put a task about an import on the queue; False while Redis is away."""
    try:
        task.apply_async([run_id], retry=False)
    except REDIS_TROUBLE:
        return False
    return True


@shared_task
def recount_genres() -> None:
    genre_counts.recount()


@shared_task(bind=True, max_retries=None)
def import_upload(self: Any, run_id: int) -> None:
    if not uploads.work(run_id):
        raise self.retry(countdown=_COMES_AGAIN_AFTER)


@shared_task
def undo_import(run_id: int) -> None:
    try:
        undoing.undo(run_id)
    except undoing.CannotUndo as error:
        logger.warning("import_not_undone", run=run_id, reason=str(error))


@shared_task
def start_waiting_imports() -> None:
    """Those whose task did not reach the queue, or was lost with it: a second one for an import does nothing."""
    for run_id in uploads.waiting():
        ask(import_upload, run_id)


@shared_task
def sweep_uploads() -> None:
    uploads.sweep()
