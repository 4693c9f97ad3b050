"""The targets of a ticket: when it is to be answered and solved, by the target times of its category.

The clock runs day and night. The target of the first answer is open until an agent first writes to the customer, asks
for their reply, or resolves the ticket. The target of the solution is open until the ticket is resolved or closed; its
clock is paused while the ticket waits for its customer. A ticket that is reopened gets the whole time again.
Target times that are changed apply to tickets that are opened or reopened from then on.

The callers have locked the ticket.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now

from support.models import Event, TargetTime, Ticket
from support.states import AWAITING_SUPPORT, ENDED, Status


@dataclass(frozen=True, slots=True)
class Target:
    """A target, and when it is due: None while its clock is paused."""

    what: str
    due: datetime | None
    state: Literal["later", "near", "past", "paused"]


def new_target_columns(category: str) -> dict[str, Any]:
    """The columns of a new ticket."""
    times = TargetTime.objects.filter(category=category).first()
    if times is None:
        return {}
    return _columns("first_answer", times.first_answer_hours) | _columns("solution", times.solution_hours)


def clear_first_answer(ticket: Ticket) -> None:
    """Remove the target of the first answer, because an agent has written to the customer."""
    if ticket.first_answer_due is not None:
        ticket.first_answer_near = ticket.first_answer_due = None
        ticket.save(update_fields=["first_answer_near", "first_answer_due"])


def update_before_change(ticket: Ticket, to: Status) -> None:
    """Restart or resume the clocks of a ticket that is about to change its status."""
    if ticket.status in ENDED and to == Status.OPEN:
        _restart(ticket)
    elif ticket.status == Status.WAITING_FOR_CUSTOMER and to in AWAITING_SUPPORT:
        _resume(ticket)


def past_target_condition() -> Q:
    """The condition for tickets past a target. `urgent_from` lets PostgreSQL use its index."""
    return Q(urgent_from__lt=Now()) & (Q(first_answer_due__lt=Now()) | Q(solution_due__lt=Now()))


def pending(ticket: Ticket, now: datetime) -> Iterator[Target]:
    """The targets that are still open, the first answer before the solution."""
    for what, near, due in (
        ("first answer", ticket.first_answer_near, ticket.first_answer_due),
        ("solution", ticket.solution_near, ticket.solution_due),
    ):
        if near is None or due is None:
            continue
        if ticket.status in AWAITING_SUPPORT:
            yield Target(what, due, "past" if due < now else "near" if near <= now else "later")
        elif ticket.status == Status.WAITING_FOR_CUSTOMER:
            yield Target(what, None, "paused")


def _restart(ticket: Ticket) -> None:
    columns = new_target_columns(ticket.category)
    if ticket.first_answer_due is None:
        columns = {name: value for name, value in columns.items() if name.startswith("solution")}
    if columns:
        Ticket.objects.filter(pk=ticket.pk).update(**columns)


def _resume(ticket: Ticket) -> None:
    began = Event.objects.filter(ticket=OuterRef("pk"), position=OuterRef("moves")).values("at")
    waited = Now() - Subquery(began)
    Ticket.objects.filter(pk=ticket.pk).update(
        solution_near=F("solution_near") + waited, solution_due=F("solution_due") + waited
    )


def _columns(target: str, hours: int) -> dict[str, Any]:
    time = timedelta(hours=hours)
    return {f"{target}_near": Now() + 3 * time / 4, f"{target}_due": Now() + time}
