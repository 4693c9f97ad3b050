"""What may be read of tickets, and of how technical support is doing."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from movies import selectors as movie_selectors
from netflix.accounts.services import hold_users
from support.models import By, Event, Heartbeat, Reply, Ticket
from support.outbox import TICKETS
from support.states import AT_WORK

_SHOWN = 200  # replies, and events, of one ticket; all are kept
_CHANGES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How technical support is doing. Ages are in seconds, None where there is nothing that could have one."""

    backlog: int  # tickets without their service order yet, dead letters aside
    oldest: float | None  # age of the oldest of them
    in_flight: int  # those of them on the queue or with a worker
    dead: int  # dead letters
    heartbeat: float | None  # age of the last sign of life of any worker


def health() -> Health:
    return Health(
        backlog=TICKETS.pending().count(),
        oldest=_age(Ticket.objects.filter(next_attempt_at__isnull=False), models.Min("created_at")),
        in_flight=TICKETS.in_flight().count(),
        dead=TICKETS.dead().count(),
        heartbeat=_age(Heartbeat.objects.all(), models.Max("at")),
    )


def queue_counts() -> dict[str, int]:
    """How many tickets are at work, by status, how many of those are nobody's, and how many are dead letters."""
    by_status = {status: models.Count("pk", filter=models.Q(status=status)) for status in AT_WORK}
    unassigned = models.Count("pk", filter=models.Q(assignee=None))
    counts: dict[str, int] = Ticket.objects.filter(status__in=AT_WORK).aggregate(unassigned=unassigned, **by_status)
    return counts | {"dead": TICKETS.dead().count()}


def warnings() -> list[str]:
    """What an operator should know while the rest works: for /readyz."""
    age = _age(Heartbeat.objects.all(), models.Max("at"))
    return ["no_technical_support_worker"] if age is None or age > settings.SUPPORT_AWAY_AFTER else []


def _age(rows: models.QuerySet[Any], moment: models.Aggregate) -> float | None:
    age = rows.aggregate(age=models.ExpressionWrapper(Now() - moment, models.DurationField()))["age"]
    return None if age is None else age.total_seconds()


def conversation(ticket_id: int) -> list[Reply]:
    """For agents: what was said, private notes included, the latest last; at most the last 200."""
    said = Reply.objects.filter(ticket=ticket_id).select_related("agent").order_by("-id")
    return list(said[:_SHOWN])[::-1]


def moves(ticket_id: int) -> list[Event]:
    """For agents: what became of a ticket and who saw to it, the latest last; at most the last 200."""
    events = Event.objects.filter(ticket=ticket_id).select_related("agent").order_by("-position")
    return list(events[:_SHOWN])[::-1]


def lock(tickets: models.QuerySet[Ticket], *, agent_id: int | None = None) -> Ticket:
    """Until the caller's transaction ends, nobody else changes this one ticket. Raises Ticket.DoesNotExist.

    Its film and its people are held before it: an update may have PostgreSQL check the row's foreign keys, which locks
    them, as does a notice for one of them; and whoever removes one of them locks that first and the ticket then.
    """
    while True:
        named = tickets.values("movie", "user", "assignee").get()
        if named["movie"] is not None:
            with suppress(movie_selectors.NoSuchMovie):  # removed meanwhile: the ticket is about none now
                movie_selectors.hold(named["movie"])
        hold_users(pk for pk in (named["user"], named["assignee"], agent_id) if pk is not None)
        # If another agent has been assigned meanwhile, this finds, and locks, nothing.
        ticket = tickets.filter(assignee=named["assignee"]).select_for_update(of=("self",)).first()
        if ticket is not None:
            return ticket


def version(ticket: Ticket) -> str:
    """Another one after each event, reply and change of the assignee: what an agent's page was made from."""
    last_reply = Reply.objects.filter(ticket=ticket).aggregate(last=models.Max("id"))["last"]
    return f"{ticket.moves}-{last_reply or 0}-{ticket.assignee_id or 0}"


def changes_since(ticket: Ticket, version: str, *, reader_id: int) -> list[str]:
    """What was said and done since, in words for this agent; the latest last, at most the last ten."""
    position, reply, assignee_id = map(int, version.split("-"))
    replies = Reply.objects.filter(ticket=ticket, pk__gt=reply).select_related("agent").order_by("-id")
    events = Event.objects.filter(ticket=ticket, position__gt=position).select_related("agent").order_by("-position")
    said = [(row.created_at, f"{_who(row, reader_id)} {_what(row)}") for row in replies[:_CHANGES_SHOWN]]
    done = [
        (row.at, f"{_who(row, reader_id)} set the status to “{row.get_to_status_display()}”")
        for row in events[:_CHANGES_SHOWN]
    ]
    changes = [words for _, words in sorted(said + done)[-_CHANGES_SHOWN:]]
    if (ticket.assignee_id or 0) != assignee_id:
        changes.append(f"it is assigned to {_name(ticket.assignee, reader_id, nobody='nobody')} now")
    return changes


def _who(row: Reply | Event, reader_id: int) -> str:
    if row.by == By.CUSTOMER:
        return "the customer"
    return _name(row.agent, reader_id, nobody="the system" if row.by == By.SYSTEM else "another agent")


def _what(reply: Reply) -> str:
    return "added a private note" if reply.private else "replied"


def _name(agent: Any, reader_id: int, *, nobody: str) -> str:
    if agent is None:
        return nobody
    return "you" if agent.pk == reader_id else agent.get_username()
