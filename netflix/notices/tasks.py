from celery import shared_task

from netflix.notices import services


@shared_task
def send_emails() -> None:
    """Send what is due, every few seconds by the schedule.

    A lost message costs nothing: the rows are the queue.
    """
    services.send_emails()
