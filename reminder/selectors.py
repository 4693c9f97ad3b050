"""Orderings, shapes and errors of reminders and watched films; and how many reminders are due."""

from datetime import datetime, timedelta
from typing import Any, TypedDict, cast

from django.db import models
from django.db.models.functions import Now

from movies import selectors as movie_selectors
from netflix.api.errors import NoSuchObject
from netflix.api.pagination import Ordering
from reminder.models import Reminder

REMINDER_ORDERINGS = {
    "-created_at": Ordering("newest", ("id",), descending=True),
    "remind_at": Ordering("due", ("_due", "id")),
}
LAST_WATCHED_FIRST = Ordering("last-watched", ("last_watched_at", "id"), descending=True)


class ReminderFacts(TypedDict):
    remind_at: datetime | None
    note: str
    sent_at: datetime | None


class WatchedFacts(TypedDict):
    times: int
    last_watched_at: datetime


class ViewerFacts(TypedDict):
    """A viewer's entries for a film; None if it is not on that list."""

    reminder: ReminderFacts | None
    watched: WatchedFacts | None


class DueReminders(TypedDict):
    """Numbers of reminders that were not delivered yet, by when they are due."""

    now: int
    day: int
    week: int


_WITHIN = {"now": timedelta(0), "day": timedelta(days=1), "week": timedelta(days=7)}


def due_reminders() -> DueReminders:
    waiting = Reminder.objects.filter(sent_at=None, remind_at__lte=Now() + _WITHIN["week"])
    counts: Any = waiting.aggregate(
        **{name: models.Count("pk", filter=models.Q(remind_at__lte=Now() + time)) for name, time in _WITHIN.items()}
    )
    return cast("DueReminders", counts)


class NotOnTheList(movie_selectors.NoSuchMovie):
    message = "There is no such film, or it is not on your list."


class NoSuchViewing(NoSuchObject):
    message = "You have no viewing of this film with this id."
