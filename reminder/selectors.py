"""What may be read of reminders and watched films. Every list is one query, its films included."""

from datetime import datetime
from typing import Any, TypedDict

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models

from movies import selectors as movie_selectors
from movies.selectors import MovieSummary
from netflix.api.errors import NotThere
from netflix.api.pagination import Ordering
from reminder.models import Reminder, Viewing, Watched, due

Row = dict[str, Any]
Rows = models.QuerySet[Any, Any]  # of Row

REMINDER_ORDERINGS = {
    "-created_at": Ordering("newest", ("id",), descending=True),
    "remind_at": Ordering("due", ("_due", "id")),
}
_SHOWN = 50  # viewings shown of one film; all are kept
LAST_WATCHED_FIRST = Ordering("last-watched", ("last_watched_at", "id"), descending=True)


class ReminderItem(TypedDict):
    """A film on somebody's reminder list."""

    movie: MovieSummary
    note: str
    remind_at: datetime | None
    sent_at: datetime | None
    created_at: datetime


class Play(TypedDict):
    """One viewing of a film."""

    id: int
    watched_at: datetime


class WatchedItem(TypedDict):
    """A film that somebody has watched. `plays` are the latest viewings, the last one first, `history` their times."""

    movie: MovieSummary
    times: int
    last_watched_at: datetime
    history: list[datetime]
    plays: list[Play]


class ReminderFacts(TypedDict):
    remind_at: datetime | None
    note: str
    sent_at: datetime | None


class WatchedFacts(TypedDict):
    times: int
    last_watched_at: datetime


class ViewerFacts(TypedDict):
    """What a film is to a viewer; None where they said nothing."""

    reminder: ReminderFacts | None
    watched: WatchedFacts | None


class NotOnTheList(movie_selectors.NoSuchMovie):
    said = "There is no such film, or it is not on your list."


class NoSuchPlay(NotThere):
    said = "You have no viewing of this film with this id."


def reminders(user_id: int) -> Rows:
    """A person's own reminders; those without a time are due last."""
    return Reminder.objects.filter(user=user_id).values(
        "id", "note", "remind_at", "sent_at", "created_at", _due=due(), **movie_selectors.summary_fields("movie")
    )


def reminder_item(row: Row) -> ReminderItem:
    """One of those rows, as its owner sees it."""
    return {
        "movie": movie_selectors.summary(row),
        "note": row["note"],
        "remind_at": row["remind_at"],
        "sent_at": row["sent_at"],
        "created_at": row["created_at"],
    }


def reminder(*, user_id: int, movie_id: int) -> ReminderItem:
    """Raises NotOnTheList."""
    return reminder_item(_on_the_list(reminders(user_id).filter(movie=movie_id)))


def watched(user_id: int) -> Rows:
    """The films a person has watched, how often, and when the last times."""
    viewings = Viewing.objects.filter(watched=models.OuterRef("pk"))
    latest = viewings.order_by("-watched_at")
    count = viewings.order_by().values("watched").annotate(count=models.Count("*")).values("count")
    return Watched.objects.filter(user=user_id).values(
        "id",
        "last_watched_at",
        times=models.Subquery(count),
        history=ArraySubquery(latest.values("watched_at")[:_SHOWN]),
        play_ids=ArraySubquery(latest.values("pk")[:_SHOWN]),
        **movie_selectors.summary_fields("movie"),
    )


def watched_item(row: Row) -> WatchedItem:
    """One of those rows, as its owner sees it."""
    return {
        "movie": movie_selectors.summary(row),
        "times": row["times"],
        "last_watched_at": row["last_watched_at"],
        "history": row["history"],
        "plays": [{"id": pk, "watched_at": at} for pk, at in zip(row["play_ids"], row["history"], strict=True)],
    }


def watched_movie(*, user_id: int, movie_id: int) -> WatchedItem:
    """Raises NotOnTheList."""
    return watched_item(_on_the_list(watched(user_id).filter(movie=movie_id)))


def _on_the_list(rows: Rows) -> Row:
    row: Row | None = rows.order_by().first()
    if row is None:
        raise NotOnTheList
    return row
