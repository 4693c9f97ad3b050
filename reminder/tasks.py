from celery import shared_task

from reminder import services


@shared_task
def deliver_due_reminders() -> None:
    """Deliver due reminders; scheduled every few seconds. A lost message does no harm: the rows are the queue."""
    services.deliver_due()
