from celery import shared_task

from netflix.idempotency.decorator import forget_old_answers


@shared_task
def forget_old_idempotency_keys() -> None:
    """Delete expired responses, once a night."""
    forget_old_answers()
