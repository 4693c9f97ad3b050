"""Public writes of tickets, for customers and for agents. Each function is one transaction.

Customers pass the public number of one of their own tickets, agents an id. Agents may also pass `seen`, the version
(`selectors.version`) that their page shows: if the ticket has changed since, nothing is written, and TicketChanged is
raised.
Locks are taken in the order that `movies/locks.py` gives.
"""

from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from movies import selectors as movie_selectors
from netflix.accounts.services import lock_user
from netflix.notices.services import NewNotice, notify
from support import attachments, relay, selectors, targets, timeline
from support.attachments import CheckedFile, StoredFile
from support.models import Attachment, Author, Reply, Score, Ticket
from support.numbers import normalise_number
from support.outbox import TICKET_OUTBOX
from support.states import ENDED, Status


class TicketClosed(Exception):
    """A closed ticket takes no replies; its customer may reopen it."""


class NotSolved(Exception):
    """Only a resolved or closed ticket can be rated; the message has the ticket's status."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"Only a resolved or closed ticket can be rated. This one is {status.label}.")


class TooManyFiles(Exception):
    """The ticket has the largest allowed number of files, which the message names."""

    def __init__(self) -> None:
        super().__init__(f"A ticket takes at most {settings.ATTACHMENTS_PER_TICKET} files.")


class QuotaExceeded(Exception):
    """The customer's files would take more than SUPPORT_ATTACHMENT_QUOTA_MB; the message says what to do."""

    def __init__(self) -> None:
        most = filesizeformat(settings.SUPPORT_ATTACHMENT_QUOTA)
        super().__init__(
            f"The files of all your tickets may take at most {most} together. "
            "Send a smaller one, or describe in a reply what it shows."
        )


class TicketChanged(Exception):
    """The ticket has changed since the agent's page was rendered; the message lists the changes."""

    def __init__(self, changes: list[str]) -> None:
        news = f": {'; '.join(changes)}" if changes else ""
        super().__init__(f"The ticket has changed since this page was made{news}. Read what is new, then decide again.")


class AssignedToOther(Exception):
    """The ticket is assigned to another agent, whom the message names."""


class NotDead(Exception):
    """The ticket is not a dead letter."""


@transaction.atomic
def open_ticket(*, user_id: int, category: str, subject: str, message: str, movie_id: int | None = None) -> str:
    """Store a ticket and return its number. It is delivered to technical support even if the queue is down now.

    Raises NoSuchMovie, UserErased.
    """
    if movie_id is not None:
        movie_selectors.lock_against_removal(movie_id)
    lock_user(user_id)
    publish_now = TICKET_OUTBOX.has_room()  # else the relay publishes it later
    ticket = Ticket.objects.create(
        user_id=user_id,
        category=category,
        subject=subject,
        message=message,
        movie_id=movie_id,
        **targets.new_target_columns(category),
        **(TICKET_OUTBOX.claimed_fields() if publish_now else {}),
    )
    timeline.begin(ticket)

    def publish() -> None:
        relay.publish([ticket.pk])

    if publish_now:
        transaction.on_commit(publish, robust=True)
    return ticket.number


@transaction.atomic
def reply(*, user_id: int, number: str, text: str) -> None:
    """Add a customer's reply and notify the assignee. A waiting ticket goes back to work, a resolved one reopens.

    Raises Ticket.DoesNotExist, TicketClosed.
    """
    _store_reply(_lock_own(user_id, number), text)


def attach(*, user_id: int, number: str, file: CheckedFile) -> Attachment:
    """Add a customer's file, as a reply that names it.

    Raises Ticket.DoesNotExist, TicketClosed, TooManyFiles, QuotaExceeded. The limits are checked before the file is
    stored, and again under locks, so that concurrent uploads of the customer cannot exceed them.
    """
    _check_file_limits(selectors.own_ticket(user_id, number), file)
    with attachments.stored([file]) as files, transaction.atomic():
        ticket = _lock_own(user_id, number, exclusive=True)
        _check_file_limits(ticket, file)
        row = _store_reply(ticket, f"Attached: {file.name}")
        (attachment,) = attachments.add(row, files)
    return attachment


@transaction.atomic
def close(*, user_id: int, number: str) -> None:
    """Close a customer's own ticket. Raises Ticket.DoesNotExist, TransitionNotAllowed."""
    timeline.change_status(_lock_own(user_id, number), Status.CLOSED, by=Author.CUSTOMER)


@transaction.atomic
def reopen(*, user_id: int, number: str) -> None:
    """Reopen a customer's own ticket, and notify its assignee. Raises Ticket.DoesNotExist, TransitionNotAllowed."""
    ticket = _lock_own(user_id, number)
    timeline.change_status(ticket, Status.OPEN, by=Author.CUSTOMER)
    _notify_assignee_of_reopening(ticket, by=user_id)


@transaction.atomic
def rate(*, user_id: int, number: str, score: Score, comment: str = "") -> Ticket:
    """Store a customer's rating of the help, in place of an earlier one.

    Raises Ticket.DoesNotExist, NotSolved.
    """
    ticket = _lock_own(user_id, number)
    if ticket.status not in ENDED:
        raise NotSolved(Status(ticket.status))
    ticket.score, ticket.score_comment, ticket.scored_at = score, comment, timezone.now()
    ticket.save(update_fields=["score", "score_comment", "scored_at"])
    return ticket


@transaction.atomic
def assign(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Assign a ticket to an agent; the status of an open one becomes in progress. Raises Ticket.DoesNotExist."""
    ticket = _lock_unchanged(ticket_id, agent_id, seen)
    ticket.assignee_id = agent_id
    ticket.save(update_fields=["assignee"])
    if ticket.status == Status.OPEN:
        timeline.change_status(ticket, Status.IN_PROGRESS, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id)


@transaction.atomic
def claim(*, ticket_id: int, agent_id: int) -> None:
    """Like `assign`, but never take over another agent's ticket. Raises Ticket.DoesNotExist, AssignedToOther."""
    assignee = _lock_unchanged(ticket_id, agent_id).assignee
    if assignee is not None and assignee.pk != agent_id:
        raise AssignedToOther(f"It is assigned to {assignee}. Open it to take it over.")
    assign(ticket_id=ticket_id, agent_id=agent_id)


def answer(
    *, ticket_id: int, agent_id: int, text: str, files: Sequence[CheckedFile] = (), seen: str | None = None
) -> None:
    """Reply to the customer, and notify them. Raises Ticket.DoesNotExist, TicketClosed, TooManyFiles."""
    with attachments.stored(files) as stored, transaction.atomic():
        ticket = _lock_unchanged(ticket_id, agent_id, seen)
        key = _store_answer(ticket, agent_id, text, stored)
        _notify_customer(ticket, key=key, subject=f"Technical support answered: {ticket.subject}", text=text)


def answer_and_resolve(
    *, ticket_id: int, agent_id: int, text: str, files: Sequence[CheckedFile] = (), seen: str | None = None
) -> None:
    """Reply to the customer and resolve the ticket, with one notice of both.

    Raises Ticket.DoesNotExist, TicketClosed, TooManyFiles, TransitionNotAllowed.
    """
    with attachments.stored(files) as stored, transaction.atomic():
        ticket = _lock_unchanged(ticket_id, agent_id, seen)
        key = _store_answer(ticket, agent_id, text, stored)
        timeline.change_status(ticket, Status.RESOLVED, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id)
        _notify_of_solution(ticket, key=key, reply=text)


def add_note(
    *, ticket_id: int, agent_id: int, text: str, files: Sequence[CheckedFile] = (), seen: str | None = None
) -> None:
    """Add a note, whose text and files only agents see. Raises Ticket.DoesNotExist, TooManyFiles."""
    with attachments.stored(files) as stored, transaction.atomic():
        ticket = _lock_unchanged(ticket_id, agent_id, seen)
        row = Reply.objects.create(
            ticket=ticket, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id, private=True, text=text
        )
        _add_files(row, stored)


@transaction.atomic
def wait_for_customer(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Wait for the customer's reply, and notify them. Raises Ticket.DoesNotExist, TransitionNotAllowed."""
    ticket = _lock_unchanged(ticket_id, agent_id, seen)
    timeline.change_status(ticket, Status.WAITING_FOR_CUSTOMER, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id)
    _notify_customer(
        ticket,
        key=f"ticket {ticket.pk} waits {ticket.moves}",
        subject=f"We need to hear from you: {ticket.subject}",
        text=f"Technical support waits for your reply about your ticket {ticket.number}, “{ticket.subject}”.",
    )


@transaction.atomic
def resolve(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Resolve a ticket, and notify the customer. Raises Ticket.DoesNotExist, TransitionNotAllowed."""
    ticket = _lock_unchanged(ticket_id, agent_id, seen)
    timeline.change_status(ticket, Status.RESOLVED, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id)
    _notify_of_solution(ticket, key=f"ticket {ticket.pk} resolved {ticket.moves}")  # one notice per resolution


@transaction.atomic
def reopen_as_agent(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Reopen a resolved or closed ticket, and notify the customer and the assignee.

    Raises Ticket.DoesNotExist, TransitionNotAllowed.
    """
    ticket = _lock_unchanged(ticket_id, agent_id, seen)
    timeline.change_status(ticket, Status.OPEN, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id)
    _notify_customer(
        ticket,
        key=f"ticket {ticket.pk} reopened {ticket.moves}",
        subject=f"We are working on it again: {ticket.subject}",
        text=f"Technical support has reopened your ticket {ticket.number}, “{ticket.subject}”.",
    )
    _notify_assignee_of_reopening(ticket, by=agent_id)


@transaction.atomic
def replay_one(*, ticket_id: int, agent_id: int, seen: str | None = None) -> None:
    """Retry one dead letter. Raises Ticket.DoesNotExist, NotDead."""
    _lock_unchanged(ticket_id, agent_id, seen)
    if not replay(ticket_ids=[ticket_id]):
        raise NotDead


@transaction.atomic
def remove(*, ticket_id: int, agent_id: int) -> None:
    """Delete a ticket with its replies and timeline. Raises Ticket.DoesNotExist."""
    _lock_unchanged(ticket_id, agent_id).delete()


def replay(*, ticket_ids: Collection[int]) -> int:
    """Retry dead letters, at once and as often as new tickets; return how many of the tickets were dead letters."""
    return TICKET_OUTBOX.replay(ticket_ids)


def _store_reply(ticket: Ticket, text: str) -> Reply:
    """Store a customer's reply, change the ticket's status, and notify the assignee. Raises TicketClosed."""
    if ticket.status == Status.CLOSED:
        raise TicketClosed
    row = Reply.objects.create(ticket=ticket, by=Author.CUSTOMER, text=text)
    if ticket.status == Status.WAITING_FOR_CUSTOMER:
        timeline.change_status(ticket, Status.IN_PROGRESS, by=Author.CUSTOMER)
    elif ticket.status == Status.RESOLVED:
        timeline.change_status(ticket, Status.OPEN, by=Author.CUSTOMER)
    _notify_assignee(ticket, key=f"reply {row.pk}", event="The customer replied", by=ticket.user_id)
    return row


def _store_answer(ticket: Ticket, agent_id: int, text: str, files: Sequence[StoredFile]) -> str:
    """Store an agent's reply; return the key for its notice. Raises TicketClosed, TooManyFiles."""
    if ticket.status == Status.CLOSED:
        raise TicketClosed
    row = Reply.objects.create(ticket=ticket, by=Author.TECHNICAL_SUPPORT, agent_id=agent_id, text=text)
    _add_files(row, files)
    targets.clear_first_answer(ticket)
    return f"reply {row.pk}"


def _add_files(row: Reply, files: Sequence[StoredFile]) -> None:
    """Raises TooManyFiles."""
    if files:
        _check_file_count(row.ticket, len(files))
    attachments.add(row, files)


def _check_file_count(ticket: Ticket, more: int) -> None:
    if Attachment.objects.filter(reply__ticket=ticket).count() + more > settings.ATTACHMENTS_PER_TICKET:
        raise TooManyFiles


def _check_file_limits(ticket: Ticket, file: CheckedFile) -> None:
    """Check the limits for a file of the customer. Raises TicketClosed, TooManyFiles, QuotaExceeded."""
    if ticket.status == Status.CLOSED:
        raise TicketClosed
    _check_file_count(ticket, 1)
    if selectors.customers_bytes(ticket.user_id) + len(file.content) > settings.SUPPORT_ATTACHMENT_QUOTA:
        raise QuotaExceeded


def _notify_of_solution(ticket: Ticket, *, key: str, reply: str = "") -> None:
    solved = f"Technical support has solved your ticket {ticket.number}, “{ticket.subject}”. "
    text = f"{reply}\n\n{solved}" if reply else solved
    text += "Should the problem be there still, reopen it. You may rate our help there, as good or bad."
    _notify_customer(ticket, key=key, subject=f"Solved: {ticket.subject}", text=text)


def _notify_customer(ticket: Ticket, *, key: str, subject: str, text: str) -> None:
    link = f"/api/v1/tickets/{ticket.number}/"
    notify([NewNotice(user_id=ticket.user_id, key=key, subject=subject, text=text, link=link)])


def _notify_assignee_of_reopening(ticket: Ticket, *, by: int) -> None:
    key = f"ticket {ticket.pk} open again {ticket.moves}"
    _notify_assignee(ticket, key=key, event="Your ticket is open again", by=by)


def _notify_assignee(ticket: Ticket, *, key: str, event: str, by: int) -> None:
    """Send a link to the admin, without the customer's text; nothing to the one who acted, or to a former agent."""
    agent = ticket.assignee
    if agent is None or agent.pk == by or not (agent.is_staff and agent.is_active):
        return
    text = f"{event}: {ticket.number}, “{ticket.subject}”. It is {Status(ticket.status).label} now."
    link = f"/admin/support/ticket/{ticket.pk}/change/"
    notify([NewNotice(user_id=agent.pk, key=key, subject=f"{event}: {ticket.subject}", text=text, link=link)])


def _lock_own(user_id: int, number: str, *, exclusive: bool = False) -> Ticket:
    return selectors.lock(Ticket.objects.filter(user=user_id, number=normalise_number(number)), exclusive=exclusive)


def _lock_unchanged(ticket_id: int, agent_id: int, seen: str | None = None) -> Ticket:
    ticket = selectors.lock(Ticket.objects.filter(pk=ticket_id), agent_id=agent_id)
    if seen is not None and seen != selectors.version(ticket):
        raise TicketChanged(selectors.changes_since(ticket, seen, reader_id=agent_id))
    return ticket
