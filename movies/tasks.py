from typing import Any

import structlog
from celery import shared_task

from movies import genre_counts
from movies.importing import undoing, uploads
from netflix.api.circuit import BROKER_TROUBLE

logger = structlog.get_logger(__name__)

_COMES_AGAIN_AFTER = 5  # seconds, while another import is running
_EXPIRES = 10  # seconds: by then the scheduler has asked again


def ask(task: Any, run_id: int) -> bool:
    """Put a task about an import on the queue; False while the broker is away."""
    try:
        task.apply_async([run_id], retry=False, expires=_EXPIRES if task is import_upload else None)
    except BROKER_TROUBLE:
        return False
    return True


@shared_task(acks_late=False)  # the next night comes by itself
def recount_genres() -> None:
    genre_counts.recount()


@shared_task
def import_upload(run_id: int) -> None:
    """Nothing while another import is running: `start_waiting_imports` asks again."""
    uploads.work(run_id)


@shared_task(bind=True, max_retries=None)
def undo_import(self: Any, run_id: int) -> None:
    def busy() -> None:
        raise self.retry(countdown=_COMES_AGAIN_AFTER)

    try:
        undoing.undo(run_id, on_wait=busy)
    except undoing.CannotUndo as error:
        logger.warning("import_not_undone", run=run_id, reason=str(error))


@shared_task
def start_waiting_imports() -> None:
    """Those that waited for another, or whose task was lost: a second one for an import does nothing."""
    for run_id in uploads.waiting():
        ask(import_upload, run_id)


@shared_task
def sweep_uploads() -> None:
    uploads.sweep()
