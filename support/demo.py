"""Demo tickets in every status."""

from django.db import transaction

from support import services, technical_support
from support.models import Category, Ticket
from support.states import Status

_TICKETS = {
    Status.OPEN: (Category.PLAYBACK, "The sound is late", "On my television the words come after the lips."),
    Status.IN_PROGRESS: (Category.CATALOGUE, "A film I miss", "Will there be more films from before 2006?"),
    Status.WAITING_FOR_CUSTOMER: (Category.ACCOUNT, "Somebody else's list", "I see films that I never watched."),
    Status.RESOLVED: (Category.BILLING, "Charged twice", "My bank shows two payments for one month."),
    Status.CLOSED: (Category.OTHER, "Thank you", "The reminder of Friday made our evening."),
}


@transaction.atomic
def create_tickets(*, user_id: int, agent_id: int) -> int:
    """Create one ticket of the user in every status; return their number, or 0 if there are tickets already."""
    if Ticket.objects.exists():
        return 0
    for status, (category, subject, message) in _TICKETS.items():
        number = services.open_ticket(user_id=user_id, category=category, subject=subject, message=message)
        ticket_id = Ticket.objects.get(number=number).pk
        technical_support.open_service_order(ticket_id)
        _bring_to(status, ticket_id, number, user_id=user_id, agent_id=agent_id)
    return len(_TICKETS)


def _bring_to(status: Status, ticket_id: int, number: str, *, user_id: int, agent_id: int) -> None:
    if status == Status.IN_PROGRESS:
        return
    services.assign(ticket_id=ticket_id, agent_id=agent_id)
    if status == Status.WAITING_FOR_CUSTOMER:
        services.answer(ticket_id=ticket_id, agent_id=agent_id, text="Which films? And who else has your password?")
        services.add_note(ticket_id=ticket_id, agent_id=agent_id, text="Looks like a shared login, not a fault.")
        services.wait_for_customer(ticket_id=ticket_id, agent_id=agent_id)
        return
    services.resolve(ticket_id=ticket_id, agent_id=agent_id)
    if status == Status.OPEN:
        services.reopen(user_id=user_id, number=number)
    if status == Status.CLOSED:
        services.close(user_id=user_id, number=number)
