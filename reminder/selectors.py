"""Orderings, shapes and errors of reminders and watched films."""

from datetime import datetime
from typing import TypedDict

from movies import selectors as movie_selectors
from netflix.api.errors import NoSuchObject
from netflix.api.pagination import Ordering

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


class NotOnTheList(movie_selectors.NoSuchMovie):
    message = "There is no such film, or it is not on your list."


class NoSuchPlay(NoSuchObject):
    message = "You have no viewing of this film with this id."
