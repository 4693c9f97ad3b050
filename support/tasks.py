from celery import Task, shared_task

from support import relay, technical_support


@shared_task
def open_service_order(ticket_id: int) -> None:
    """A ticket, from the queue `technical-support`. The same one again does no harm."""
    technical_support.take(ticket_id)


@shared_task
def relay_tickets() -> None:
    """Publish what is due, every two seconds by the schedule. A lost message costs nothing: the rows are the queue."""
    relay.publish_due()


@shared_task(bind=True)
def heartbeat(self: Task) -> None:
    """Note that a worker is there, every ten seconds by the schedule; it runs on the one that takes the tickets."""
    technical_support.beat(str(self.request.hostname))
