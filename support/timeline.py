"""How a ticket gets another status: along the table of moves, and never without an event."""

from support import states
from support.models import By, Event, Ticket
from support.states import Status


def begin(ticket: Ticket) -> None:
    """The first event of a ticket that was just stored."""
    Event.objects.create(ticket=ticket, position=1, to_status=Status.OPEN, by=By.CUSTOMER)


def move(ticket: Ticket, to: Status, *, by: By, agent_id: int | None = None) -> None:
    """Give a ticket, whose row the caller has locked, another status. Raises MoveNotAllowed."""
    now = Status(ticket.status)
    states.check(now, to)
    ticket.status, ticket.moves = to, ticket.moves + 1
    ticket.save(update_fields=["status", "moves"])
    Event.objects.create(ticket=ticket, position=ticket.moves, from_status=now, to_status=to, by=by, agent_id=agent_id)
