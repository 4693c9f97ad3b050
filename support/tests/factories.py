from django.db.models.functions import Now

from support import services, technical_support
from support.models import Ticket
from support.outbox import TICKET_OUTBOX
from support.states import Status


def make_ticket(user, subject="No sound", *, status=Status.OPEN, **details):
    """A ticket that the services have given this status."""
    number = services.open_ticket(
        user_id=user.pk, subject=subject, **{"message": "Nothing to hear.", "category": "playback"} | details
    )
    ticket = Ticket.objects.get(number=number)
    if status == Status.OPEN:
        return ticket
    technical_support.handle_ticket(ticket.pk)
    if status == Status.WAITING_FOR_CUSTOMER:
        services.wait_for_customer(ticket_id=ticket.pk, agent_id=user.pk)
    if status == Status.RESOLVED:
        services.resolve(ticket_id=ticket.pk, agent_id=user.pk)
    if status == Status.CLOSED:
        services.close(user_id=user.pk, number=number)
    ticket.refresh_from_db()
    return ticket


def make_due():
    """Let the next attempt of every pending ticket be due."""
    TICKET_OUTBOX.pending().update(next_attempt_at="2026-01-01T00:00Z")


def bury(ticket):
    """Make the ticket a dead letter."""
    Ticket.objects.filter(pk=ticket.pk).update(dead_at=Now(), next_attempt_at=None, attempts=5, last_error="ValueError")
