"""What may change tickets, for those who open them and for the agents. Each function is one transaction.

Customers name a ticket by its public number, and only their own is found; agents, who come by the admin, by its id.
What an agent does may depend on what they have `seen`, a version of the ticket (`selectors.version`): if that is not
the latest one, nothing is done, and TicketChanged is raised.
Locks are taken in the order that `movies/locks.py` gives.
"""

from collections.abc import Collection

from django.db import transaction

from movies import selectors as movie_selectors
from netflix.accounts.services import hold_user
from netflix.notices.services import News, notify
from support import relay, selectors, timeline
from support.models import By, Reply, Ticket
from support.numbers import as_written
from support.outbox import TICKETS
from support.states import Status


class TicketClosed(Exception):
    """A closed ticket takes no replies; its customer may reopen it."""


class TicketChanged(Exception):
    """Something was said or done about the ticket since the agent's page was made; the message says what."""

    def __init__(self, changes: list[str]) -> None:
        what = f": {'; '.join(changes)}" if changes else ""
        super().__init__(f"The ticket has changed since this page was made{what}. Read what is new, then decide again.")


class AssignedToOther(Exception):
    """The ticket is another agent's; the message says whose."""


class NotDead(Exception):
    """The ticket is no dead letter, or not any more."""


@transaction.atomic
def open_ticket(*, user_id: int, category: str, subject: str, message: str, movie_id: int | None = None) -> str:
    """Store a ticket and return its number. What is stored reaches technical support, whatever the queue is doing.

    Raises NoSuchMovie, PersonGone.
    """
    if movie_id is not None:
        movie_selectors.hold(movie_id)
    hold_user(user_id)
    publish_now = TICKETS.has_room()  # else the relay does it when there is
    ticket = Ticket.objects.create(
        user_id=user_id,
        category=category,
        subject=subject,
        message=message,
        movie_id=movie_id,
        **(TICKETS.leased() if publish_now else {}),
    )
    timeline.begin(ticket)

    def publish() -> None:
        relay.publish([ticket.pk])

    if publish_now:
        transaction.on_commit(publish, robust=True)
    return ticket.number


@transaction.atomic
def reply(*, user_id: int, number: str, text: str) -> None:
    """Say more about one's own ticket: one that waited for that goes on, and a resolved one is open again.

    Its assignee is told. Raises Ticket.DoesNotExist, TicketClosed.
    """
    ticket = _own(user_id, number)
    if ticket.status == Status.CLOSED:
        raise TicketClosed
    said = Reply.objects.create(ticket=ticket, by=By.CUSTOMER, text=text)
    if ticket.status == Status.WAITING_FOR_CUSTOMER:
        timeline.move(ticket, Status.IN_PROGRESS, by=By.CUSTOMER)
    elif ticket.status == Status.RESOLVED:
        timeline.move(ticket, Status.OPEN, by=By.CUSTOMER)
    _tell_assignee(ticket, key=f"reply {said.pk}", what="The customer replied", by=user_id)


@transaction.atomic
def close(*, user_id: int, number: str) -> None:
    """Close one's own ticket. Raises Ticket.DoesNotExist, MoveNotAllowed."""
    timeline.move(_own(user_id, number), Status.CLOSED, by=By.CUSTOMER)


@transaction.atomic
def reopen(*, user_id: int, number: str) -> None:
    """Open one's own resolved or closed ticket again, and tell its assignee; its service order stays.

    Raises as `close` does.
    """
    ticket = _own(user_id, number)
    timeline.move(ticket, Status.OPEN, by=By.CUSTOMER)
    _tell_assignee_of_reopening(ticket, by=user_id)


@transaction.atomic
def assign(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Make a ticket an agent's own; one that is open is in progress from then on. Raises Ticket.DoesNotExist."""
    ticket = _any(ticket_id, agent_id, seen)
    ticket.assignee_id = agent_id
    ticket.save(update_fields=["assignee"])
    if ticket.status == Status.OPEN:
        timeline.move(ticket, Status.IN_PROGRESS, by=By.TECHNICAL_SUPPORT, agent_id=agent_id)


@transaction.atomic
def claim(*, ticket_id: int, agent_id: int) -> None:
    """As `assign`, but only a ticket that no other agent has. Raises Ticket.DoesNotExist, AssignedToOther."""
    assignee = _any(ticket_id, agent_id).assignee
    if assignee is not None and assignee.pk != agent_id:
        raise AssignedToOther(f"It is assigned to {assignee}. Open it to take it over.")
    assign(ticket_id=ticket_id, agent_id=agent_id)


@transaction.atomic
def answer(*, ticket_id: int, agent_id: int, text: str, seen: str | None = None) -> None:
    """Write to the customer, and tell them so. Raises Ticket.DoesNotExist, TicketClosed."""
    ticket = _any(ticket_id, agent_id, seen)
    if ticket.status == Status.CLOSED:
        raise TicketClosed
    said = Reply.objects.create(ticket=ticket, by=By.TECHNICAL_SUPPORT, agent_id=agent_id, text=text)
    _tell(ticket, key=f"reply {said.pk}", subject=f"Technical support answered: {ticket.subject}", text=text)


@transaction.atomic
def add_note(*, ticket_id: int, agent_id: int, text: str, seen: str | None = None) -> None:
    """Write down something that only agents see. Raises Ticket.DoesNotExist."""
    ticket = _any(ticket_id, agent_id, seen)
    Reply.objects.create(ticket=ticket, by=By.TECHNICAL_SUPPORT, agent_id=agent_id, private=True, text=text)


@transaction.atomic
def wait_for_customer(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Leave a ticket until its customer replies. Raises Ticket.DoesNotExist, MoveNotAllowed."""
    ticket = _any(ticket_id, agent_id, seen)
    timeline.move(ticket, Status.WAITING_FOR_CUSTOMER, by=By.TECHNICAL_SUPPORT, agent_id=agent_id)
    _tell(
        ticket,
        key=f"ticket {ticket.pk} waits {ticket.moves}",
        subject=f"We need to hear from you: {ticket.subject}",
        text=f"Technical support waits for your reply about your ticket {ticket.number}, “{ticket.subject}”.",
    )


@transaction.atomic
def resolve(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Resolve a ticket, and tell the customer. Raises Ticket.DoesNotExist, MoveNotAllowed."""
    ticket = _any(ticket_id, agent_id, seen)
    timeline.move(ticket, Status.RESOLVED, by=By.TECHNICAL_SUPPORT, agent_id=agent_id)
    _tell(
        ticket,
        key=f"ticket {ticket.pk} resolved {ticket.moves}",  # once each time that it is resolved
        subject=f"Solved: {ticket.subject}",
        text=f"Technical support has solved your ticket {ticket.number}, “{ticket.subject}”. "
        "Should the problem be there still, reopen it.",
    )


@transaction.atomic
def reopen_as_agent(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Open a resolved or closed ticket again, and tell the customer and its assignee.

    Raises Ticket.DoesNotExist, MoveNotAllowed.
    """
    ticket = _any(ticket_id, agent_id, seen)
    timeline.move(ticket, Status.OPEN, by=By.TECHNICAL_SUPPORT, agent_id=agent_id)
    _tell(
        ticket,
        key=f"ticket {ticket.pk} reopened {ticket.moves}",
        subject=f"We are working on it again: {ticket.subject}",
        text=f"Technical support has reopened your ticket {ticket.number}, “{ticket.subject}”.",
    )
    _tell_assignee_of_reopening(ticket, by=agent_id)


@transaction.atomic
def replay_one(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Have one dead letter tried again. Raises Ticket.DoesNotExist, NotDead."""
    _any(ticket_id, agent_id, seen)
    if not replay(ticket_ids=[ticket_id]):
        raise NotDead


@transaction.atomic
def remove(*, ticket_id: int, agent_id: int) -> None:
    """Delete a ticket with all that was said and done about it. Raises Ticket.DoesNotExist."""
    _any(ticket_id, agent_id).delete()


def replay(*, ticket_ids: Collection[int]) -> int:
    """Have dead letters tried again, at once and as often as new ones; returns how many of these were dead."""
    return TICKETS.replay(ticket_ids)


def _tell(ticket: Ticket, *, key: str, subject: str, text: str) -> None:
    link = f"/api/v1/tickets/{ticket.number}/"
    notify([News(user_id=ticket.user_id, key=key, subject=subject, text=text, link=link)])


def _tell_assignee_of_reopening(ticket: Ticket, *, by: int) -> None:
    _tell_assignee(ticket, key=f"ticket {ticket.pk} open again {ticket.moves}", what="Your ticket is open again", by=by)


def _tell_assignee(ticket: Ticket, *, key: str, what: str, by: int) -> None:
    """Leave a notice that leads to the admin, without the customer's words: those are read there.

    Nobody is told what they did themselves, nor one who is no agent any more.
    """
    agent = ticket.assignee
    if agent is None or agent.pk == by or not (agent.is_staff and agent.is_active):
        return
    text = f"{what}: {ticket.number}, “{ticket.subject}”. It is {Status(ticket.status).label} now."
    link = f"/admin/support/ticket/{ticket.pk}/change/"
    notify([News(user_id=agent.pk, key=key, subject=f"{what}: {ticket.subject}", text=text, link=link)])


def _own(user_id: int, number: str) -> Ticket:
    return selectors.lock(Ticket.objects.filter(user=user_id, number=as_written(number)))


def _any(ticket_id: int, agent_id: int, seen: str | None = None) -> Ticket:
    ticket = selectors.lock(Ticket.objects.filter(pk=ticket_id), agent_id=agent_id)
    if seen is not None and seen != selectors.version(ticket):
        raise TicketChanged(selectors.changes_since(ticket, seen, reader_id=agent_id))
    return ticket
