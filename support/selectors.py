"""Public reads of tickets, and of the health of technical support."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, cast

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from movies import selectors as movie_selectors
from netflix.accounts.services import lock_user, lock_users
from netflix.api.errors import UserErased
from support import targets
from support.models import Attachment, Author, Event, Heartbeat, Macro, Reply, Ticket
from support.numbers import normalise_number
from support.outbox import TICKET_OUTBOX
from support.states import ACTIVE_STATUSES, AWAITING_SUPPORT

MAX_SHOWN = 200  # replies, and events, of one ticket; all are stored
_CHANGES_SHOWN = 10
_WORKERS_SHOWN = 8
_MACROS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The health of technical support. Ages are in seconds; None without a ticket or heartbeat."""

    backlog: int  # tickets without a service order, except dead letters
    oldest: float | None  # age of the oldest ticket of the backlog
    in_flight: int  # tickets of the backlog that are on the queue or with a worker
    dead: int  # dead letters
    heartbeat: float | None  # age of the last heartbeat of any worker


def health() -> Health:
    return Health(
        backlog=TICKET_OUTBOX.pending().count(),
        oldest=_age(Ticket.objects.filter(next_attempt_at__isnull=False), models.Min("created_at")),
        in_flight=TICKET_OUTBOX.in_flight().count(),
        dead=TICKET_OUTBOX.dead().count(),
        heartbeat=_age(Heartbeat.objects.all(), models.Max("at")),
    )


class WorkSummary(TypedDict):
    """Numbers of active tickets, by status and of some kinds; and of dead letters, whatever their status."""

    open: int
    in_progress: int
    waiting_for_customer: int
    unassigned: int
    past: int  # past a target
    dead: int
    oldest: datetime | None  # when the oldest was opened of those that do not wait for their customer


def work_summary() -> WorkSummary:
    is_dead, is_active = models.Q(dead_at__isnull=False), models.Q(status__in=ACTIVE_STATUSES)
    conditions: dict[str, models.Q] = {
        **{status: models.Q(status=status) for status in ACTIVE_STATUSES},
        "unassigned": is_active & models.Q(assignee=None),
        "past": targets.past_target_condition(),
        "dead": is_dead,
    }
    summary: Any = Ticket.objects.filter(is_dead | is_active).aggregate(
        oldest=models.Min("created_at", filter=models.Q(status__in=AWAITING_SUPPORT)),
        **{name: models.Count("pk", filter=condition) for name, condition in conditions.items()},
    )
    return cast("WorkSummary", summary)


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    seen_at: datetime
    is_away: bool


def workers() -> list[Worker]:
    """The workers of technical support that were seen last."""
    away = models.ExpressionWrapper(
        models.Q(at__lt=Now() - timedelta(seconds=settings.SUPPORT_AWAY_AFTER)), models.BooleanField()
    )
    rows = Heartbeat.objects.annotate(away=away).order_by("-at").values_list("worker", "at", "away")
    return [Worker(*row) for row in rows[:_WORKERS_SHOWN]]


def warnings() -> list[str]:
    """Codes of problems that /readyz reports without failing."""
    age = _age(Heartbeat.objects.all(), models.Max("at"))
    return ["no_technical_support_worker"] if age is None or age > settings.SUPPORT_AWAY_AFTER else []


def _age(rows: models.QuerySet[Any], timestamp: models.Aggregate) -> float | None:
    age = rows.aggregate(age=models.ExpressionWrapper(Now() - timestamp, models.DurationField()))["age"]
    return None if age is None else age.total_seconds()


def conversation(ticket_id: int) -> list[Reply]:
    """The last 200 replies, private notes included, oldest first."""
    replies = Reply.objects.filter(ticket=ticket_id).select_related("agent").prefetch_related("attachments")
    return list(replies.order_by("-id")[:MAX_SHOWN])[::-1]


def customers_attachment(user_id: int, number: str, key: str) -> Attachment:
    """A file of a customer's own ticket, unless it came with a private note. Raises Attachment.DoesNotExist."""
    visible = Attachment.objects.filter(reply__ticket__user=user_id, reply__private=False)
    return visible.get(reply__ticket__number=normalise_number(number), key=key)


def filled_macros(ticket: Ticket) -> list[tuple[str, str]]:
    """Titles and texts of all macros, by title, filled in for this ticket."""
    values = {"customer": ticket.user.get_username(), "number": ticket.number, "subject": ticket.subject}
    macros = Macro.objects.order_by("title").values_list("title", "text")[:_MACROS_SHOWN]
    return [
        (title, re.sub(r"\{(customer|number|subject)\}", lambda match: values[match[1]], text))
        for title, text in macros
    ]


def status_changes(ticket_id: int) -> list[Event]:
    """The last 200 events of a ticket, oldest first."""
    events = Event.objects.filter(ticket=ticket_id).select_related("agent").order_by("-position")
    return list(events[:MAX_SHOWN])[::-1]


def own_ticket(user_id: int, number: str) -> Ticket:
    """A customer's own ticket. Raises Ticket.DoesNotExist."""
    return Ticket.objects.get(user=user_id, number=normalise_number(number))


def customers_bytes(user_id: int) -> int:
    """The total size of the files that a customer has sent."""
    own = Attachment.objects.filter(reply__ticket__user=user_id, reply__by=Author.CUSTOMER)
    size: int = own.aggregate(size=models.Sum("size", default=0))["size"]
    return size


def lock(tickets: models.QuerySet[Ticket], *, agent_id: int | None = None, exclusive: bool = False) -> Ticket:
    """Lock the one ticket of the queryset until the caller's transaction ends. Raises Ticket.DoesNotExist.

    With `exclusive`, other transactions that take the customer's exclusive lock wait.

    Locks the ticket's film and people before the ticket: deleting a film or a person locks it before its tickets, and
    updating the ticket (by foreign key checks) and sending a notice lock them too.
    """
    while True:
        keys = tickets.values("movie", "user", "assignee").get()
        if keys["movie"] is not None:
            with suppress(movie_selectors.NoSuchMovie):  # deleted or merged since: see below
                movie_selectors.lock_against_removal(keys["movie"])
        if exclusive:
            with suppress(UserErased):  # then the ticket is gone too
                lock_user(keys["user"], exclusive=True)
        lock_users(pk for pk in (keys["user"], keys["assignee"], agent_id) if pk is not None)
        # Matches, and locks, no row if the film or the assignee has changed since: then retry.
        unchanged = tickets.filter(movie=keys["movie"], assignee=keys["assignee"])
        ticket = unchanged.select_for_update(of=("self",)).first()
        if ticket is not None:
            return ticket


def version(ticket: Ticket) -> str:
    """The version that an agent's page shows: changes with each event, reply and assignee."""
    last_reply = Reply.objects.filter(ticket=ticket).aggregate(last=models.Max("id"))["last"]
    return f"{ticket.moves}-{last_reply or 0}-{ticket.assignee_id or 0}"


def changes_since(ticket: Ticket, version: str, *, reader_id: int) -> list[str]:
    """The last ten changes since `version` as texts for this agent, oldest first."""
    position, reply, assignee_id = map(int, version.split("-"))
    replies = Reply.objects.filter(ticket=ticket, pk__gt=reply).select_related("agent").order_by("-id")
    events = Event.objects.filter(ticket=ticket, position__gt=position).select_related("agent").order_by("-position")
    replied = [(row.created_at, f"{_who(row, reader_id)} {_verb(row)}") for row in replies[:_CHANGES_SHOWN]]
    statuses = [
        (row.at, f"{_who(row, reader_id)} set the status to “{row.get_to_status_display()}”")
        for row in events[:_CHANGES_SHOWN]
    ]
    changes = [text for _, text in sorted(replied + statuses)[-_CHANGES_SHOWN:]]
    if (ticket.assignee_id or 0) != assignee_id:
        changes.append(f"it is assigned to {_name(ticket.assignee, reader_id, nobody='nobody')} now")
    return changes


def _who(row: Reply | Event, reader_id: int) -> str:
    if row.by == Author.CUSTOMER:
        return "the customer"
    return _name(row.agent, reader_id, nobody="the system" if row.by == Author.SYSTEM else "another agent")


def _verb(reply: Reply) -> str:
    return "added a private note" if reply.private else "replied"


def _name(agent: Any, reader_id: int, *, nobody: str) -> str:
    if agent is None:
        return nobody
    return "you" if agent.pk == reader_id else agent.get_username()
