from celery import Task, shared_task

from support import attachments, relay, technical_support


@shared_task
def open_service_order(ticket_id: int) -> None:
    """Handle a ticket from the queue `technical-support`. Idempotent."""
    technical_support.handle_ticket(ticket_id)


@shared_task
def relay_tickets() -> None:
    """Publish due tickets; scheduled every two seconds. A lost message does no harm: the rows are the queue."""
    relay.publish_due()


@shared_task(bind=True)
def heartbeat(self: Task) -> None:
    """Record a heartbeat of the worker that handles the tickets; scheduled every ten seconds."""
    technical_support.record_heartbeat(str(self.request.hostname))


@shared_task
def sweep_attachments() -> None:
    """Remove files without a row, which a killed process may leave behind; scheduled every night."""
    attachments.sweep()
