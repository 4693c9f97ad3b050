"""The consumer: handles tickets from the queue."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from netflix.notices.services import NewNotice, notify
from support import selectors, timeline
from support.models import Author, Heartbeat, ServiceOrder, Ticket
from support.outbox import TICKET_OUTBOX
from support.states import ACTIVE_STATUSES, Status

logger = structlog.get_logger(__name__)

_FORGET_WORKERS_AFTER = timedelta(days=1)


def handle_ticket(ticket_id: int) -> None:
    """Open a ticket's service order; does nothing if the ticket is done, dead or deleted.

    A failure is recorded in the ticket, which is retried or given up. Raises errors of that recording: the relay then
    publishes the ticket again after its lease.
    """
    if not TICKET_OUTBOX.begin(ticket_id):
        return
    try:
        ticket = open_service_order(ticket_id)
    except Exception as error:  # any error: the ticket must not be lost
        logger.warning(
            "service_order_failed",
            ticket_id=ticket_id,
            error=type(error).__name__,
            exc_info=settings.SUPPORT_LOG_MESSAGES,  # a database error quotes the row, and with it the message
        )
        TICKET_OUTBOX.fail(ticket_id, error)
        return
    if ticket is not None:
        _log(ticket)


def record_heartbeat(worker: str) -> None:
    """Record a worker's heartbeat, and forget workers that have been silent for a day."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(worker=worker, at=Now())], update_conflicts=True, unique_fields=["worker"], update_fields=["at"]
    )
    Heartbeat.objects.filter(at__lt=Now() - _FORGET_WORKERS_AFTER).delete()


@transaction.atomic
def open_service_order(ticket_id: int) -> Ticket | None:
    """Open a ticket's service order and notify the customer; returns None if the ticket is not pending."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{settings.SUPPORT_LOCK_SECONDS}s"])
    try:
        ticket = selectors.lock(TICKET_OUTBOX.pending().filter(pk=ticket_id))
    except Ticket.DoesNotExist:
        return None
    # An existing order of the ticket stays as it is; a collision of random numbers raises, and the ticket is retried.
    ServiceOrder.objects.bulk_create(
        [ServiceOrder(ticket=ticket)], update_conflicts=True, unique_fields=["ticket"], update_fields=["ticket"]
    )
    if ticket.status == Status.OPEN:
        timeline.change_status(ticket, Status.IN_PROGRESS, by=Author.SYSTEM)
    TICKET_OUTBOX.complete(ticket_id)
    if ticket.status in ACTIVE_STATUSES:
        notify([_notice(ticket)])
    return ticket


def _notice(ticket: Ticket) -> NewNotice:
    return NewNotice(
        user_id=ticket.user_id,
        key=f"ticket {ticket.pk} taken",
        subject=f"We are working on it: {ticket.subject}",
        text=f"Technical support has opened a service order for your ticket {ticket.number}, “{ticket.subject}”. "
        "We will tell you when there is news.",
        link=f"/api/v1/tickets/{ticket.number}/",
    )


def _log(ticket: Ticket) -> None:
    message = {"message": ticket.message} if settings.SUPPORT_LOG_MESSAGES else {}
    logger.info(
        "service_order_opened",
        ticket=ticket.number,
        user_id=ticket.user_id,
        category=ticket.category,
        message_length=len(ticket.message),
        **message,
    )
