from support import services, technical_support
from support.models import Ticket
from support.states import Status


def make_ticket(user, subject="No sound", *, status=Status.OPEN, **details):
    """A ticket as the domain makes it, led to a status by the moves that lead there."""
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
