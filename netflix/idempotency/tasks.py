from celery import shared_task

from netflix.idempotency.decorator import forget_old_answers


@shared_task
def forget_old_idempotency_keys() -> None:
    """Once a night; running it twice does no harm."""
    forget_old_answers()
