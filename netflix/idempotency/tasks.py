from celery import shared_task

from netflix.idempotency.decorator import delete_expired_answers


@shared_task
def forget_old_idempotency_keys() -> None:
    """Delete expired responses, once a night."""
    delete_expired_answers()
