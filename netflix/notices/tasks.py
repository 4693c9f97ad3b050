from celery import shared_task

from netflix.notices import services


@shared_task
def send_emails() -> None:
    """Send the e-mails that are due, every few seconds; the rows are the queue."""
    services.send_emails()
