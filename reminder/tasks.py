from celery import shared_task

from reminder import services


@shared_task
def deliver_due_reminders() -> None:
    """Tell people what is due, every few seconds by the schedule.

    A lost message costs nothing: the rows are the queue.
    """
    services.deliver_due()
