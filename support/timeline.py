"""Changes of a ticket's status: only as TRANSITIONS allows, each with an event."""

from support import targets
from support.models import Author, Event, Ticket
from support.states import TRANSITIONS, Status, TransitionNotAllowed


def begin(ticket: Ticket) -> None:
    """Store the first event of a new ticket."""
    Event.objects.create(ticket=ticket, position=1, to_status=Status.OPEN, by=Author.CUSTOMER)


def change_status(ticket: Ticket, to: Status, *, by: Author, agent_id: int | None = None) -> None:
    """Change the status of a ticket whose row the caller has locked. Raises TransitionNotAllowed."""
    old = Status(ticket.status)
    if to not in TRANSITIONS[old]:
        raise TransitionNotAllowed(old, to)
    targets.update_before_change(ticket, to)
    if by == Author.TECHNICAL_SUPPORT and to in (Status.WAITING_FOR_CUSTOMER, Status.RESOLVED):
        targets.clear_first_answer(ticket)
    ticket.status, ticket.moves = to, ticket.moves + 1
    ticket.save(update_fields=["status", "moves"])
    Event.objects.create(ticket=ticket, position=ticket.moves, from_status=old, to_status=to, by=by, agent_id=agent_id)
