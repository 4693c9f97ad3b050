"""Public writes of reminders and watched films. Each function is one transaction, except `deliver_due`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from movies import selectors as movie_selectors
from netflix.accounts.services import lock_user, lock_users
from netflix.notices.services import NewNotice, notify
from reminder import selectors
from reminder.models import Reminder, Viewing, Watched

CLOCK_DIFFERENCE = timedelta(minutes=1)  # how far a client's clock may be ahead of ours
_SAME_VIEWING = timedelta(minutes=10)
_BATCH = 100
_MAX_NOTICES = 5  # a person with more due reminders gets one notice for all of them


class ListChange(Enum):
    """What a write of one film did to a list."""

    CREATED = "created"  # the film was not on the list
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class NewReminder(NamedTuple):
    """A reminder to store."""

    movie_id: int
    remind_at: datetime | None = None
    note: str = ""


class NewViewing(NamedTuple):
    """A viewing to store. Without `watched_at` it is now; a future time counts as now."""

    movie_id: int
    watched_at: datetime | None = None


def set_reminder(*, user_id: int, movie_id: int, remind_at: datetime | None = None, note: str = "") -> bool:
    """Like `set_reminders`, for one film; return whether it was created. Raises NoSuchMovie, UserErased."""
    (change,) = set_reminders(user_id=user_id, reminders=[NewReminder(movie_id, remind_at, note)])
    if change is None:
        raise movie_selectors.NoSuchMovie
    return change is ListChange.CREATED


@transaction.atomic
def set_reminders(*, user_id: int, reminders: Sequence[NewReminder]) -> list[ListChange | None]:
    """Put films on a person's reminder list, or update the entries there; return the change for each reminder.

    The change is None if there is no such film. A changed time is notified again, an unchanged one is not.

    Raises UserErased.
    """
    existing = _lock_all(user_id, [new.movie_id for new in reminders])
    rows = Reminder.objects.select_for_update().filter(user=user_id, movie__in=existing).order_by("pk")
    by_movie = {row.movie_id: row for row in rows}
    changes: list[ListChange | None] = []
    changed: dict[int, Reminder] = {}
    for new in reminders:
        former = by_movie.get(new.movie_id)
        if new.movie_id not in existing:
            changes.append(None)
        elif former and (former.remind_at, former.note) == (new.remind_at, new.note):
            changes.append(ListChange.UNCHANGED)
        else:
            by_movie[new.movie_id] = changed[new.movie_id] = _reminder(user_id, new, former)
            changes.append(ListChange.UPDATED if former else ListChange.CREATED)
    Reminder.objects.bulk_create(
        changed.values(),
        update_conflicts=True,
        unique_fields=["user", "movie"],
        update_fields=["remind_at", "note", "sent_at"],
    )
    return changes


def _reminder(user_id: int, new: NewReminder, former: Reminder | None) -> Reminder:
    """The row to store. It keeps `sent_at` of the former row if the time is the same."""
    sent_at = former.sent_at if former is not None and former.remind_at == new.remind_at else None
    return Reminder(user_id=user_id, movie_id=new.movie_id, remind_at=new.remind_at, note=new.note, sent_at=sent_at)


@transaction.atomic
def remove_reminder(*, user_id: int, movie_id: int) -> None:
    """Remove a film from the list, if it is there. Raises NoSuchMovie, UserErased."""
    lock_lists(user_id=user_id, movie_id=movie_id)
    Reminder.objects.filter(user=user_id, movie=movie_id).delete()


def record_viewing(*, user_id: int, movie_id: int, watched_at: datetime | None = None) -> bool:
    """Like `record_viewings`, for one; return whether the film is new on the list. Raises NoSuchMovie, UserErased."""
    (change,) = record_viewings(user_id=user_id, viewings=[NewViewing(movie_id, watched_at)])
    if change is None:
        raise movie_selectors.NoSuchMovie
    return change is ListChange.CREATED


@transaction.atomic
def record_viewings(*, user_id: int, viewings: Sequence[NewViewing]) -> list[ListChange | None]:
    """Store viewings; return the change for each, None if there is no such film.

    Idempotent: an equal time is the same viewing, and so is "now" within ten minutes, as when a client retries. Deletes
    the person's reminder if it was made before the viewing; but if it is not due yet, only if the viewing is now.

    Raises UserErased.
    """
    existing, now = _lock_all(user_id, [new.movie_id for new in viewings]), timezone.now()
    rows = Watched.objects.select_for_update().filter(user=user_id, movie__in=existing).order_by("pk")
    last_watched = dict(rows.values_list("movie_id", "last_watched_at"))
    dated = [(movie_id, min(watched_at or now, now)) for movie_id, watched_at in viewings]
    known = [(movie_id, at) for movie_id, at in dated if movie_id in existing]
    times = _stored_times(user_id, known, now)
    listed, added = set(last_watched), dict[int, set[datetime]]()
    changes: list[ListChange | None] = []
    for movie_id, at in dated:
        if movie_id not in existing:
            changes.append(None)
        elif _is_stored(at, times[movie_id], now):
            changes.append(ListChange.UNCHANGED)
        else:
            changes.append(ListChange.UPDATED if movie_id in listed else ListChange.CREATED)
            listed.add(movie_id)
            times[movie_id].add(at)
            added.setdefault(movie_id, set()).add(at)
    _store_viewings(user_id, last_watched, added)
    _delete_obsolete_reminders(user_id, known, now)
    return changes


def _is_stored(at: datetime, times: Collection[datetime], now: datetime) -> bool:
    """Whether one of these times counts as the same viewing.

    Ranges are searched only for viewings about now: a film may have very many others.
    """
    earliest, latest = _same_viewing(at, now)
    return at in times or (earliest < latest and any(earliest <= time <= latest for time in times))


def _stored_times(user_id: int, dated: Sequence[tuple[int, datetime]], now: datetime) -> dict[int, set[datetime]]:
    """By film, the times of stored viewings that may count as the same as one of these."""
    times: dict[int, set[datetime]] = {movie_id: set() for movie_id, _ in dated}
    if not dated:
        return times
    ranges = [_same_viewing(at, now) for _, at in dated]
    rows = Viewing.objects.filter(
        watched__user=user_id,
        watched__movie__in=times,
        watched_at__range=(min(earliest for earliest, _ in ranges), max(latest for _, latest in ranges)),
    )
    for movie_id, at in rows.values_list("watched__movie", "watched_at"):
        times[movie_id].add(at)
    return times


def _store_viewings(user_id: int, last_watched: Mapping[int, datetime], added: Mapping[int, set[datetime]]) -> None:
    """Store viewings by film; `last_watched` has the time of each film's last viewing before these."""
    watched = Watched.objects.bulk_create(
        (
            Watched(
                user_id=user_id, movie_id=movie_id, last_watched_at=max(*times, last_watched.get(movie_id, min(times)))
            )
            for movie_id, times in sorted(added.items())
        ),
        update_conflicts=True,
        unique_fields=["user", "movie"],
        update_fields=["last_watched_at"],
    )
    Viewing.objects.bulk_create(
        (Viewing(watched=row, watched_at=at) for row in watched for at in sorted(added[row.movie_id])),
        ignore_conflicts=True,
    )


def _delete_obsolete_reminders(user_id: int, dated: Sequence[tuple[int, datetime]], now: datetime) -> None:
    """Delete the person's reminders that these viewings make unnecessary: see `record_viewings`."""
    last = dict(sorted(dated))  # by film; of several times the latest
    reminders = Reminder.objects.filter(user=user_id, movie__in=last)
    closed = [
        reminder.pk
        for reminder in reminders
        if reminder.created_at <= last[reminder.movie_id]
        and (last[reminder.movie_id] == now or reminder.remind_at is None or reminder.remind_at <= now)
    ]
    if closed:
        reminders.filter(pk__in=closed).delete()


def _same_viewing(at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """The range of times in which a stored viewing counts as the same one.

    A time ahead of our clock was stored as now; when the client sends it again, it may be in the past.
    """
    if at == now:
        return now - _SAME_VIEWING, now + CLOCK_DIFFERENCE  # the clocks of our hosts may differ too
    return (at - CLOCK_DIFFERENCE if at > now - _SAME_VIEWING else at), at


@transaction.atomic
def remove_viewing(*, user_id: int, movie_id: int, play_id: int) -> None:
    """Remove one viewing, and with the last one the film from the list. Does not restore a reminder.

    Raises NoSuchViewing, NoSuchMovie, UserErased.
    """
    lock_lists(user_id=user_id, movie_id=movie_id)
    watched = Watched.objects.filter(user=user_id, movie=movie_id, viewings__pk=play_id).first()
    if watched is None:
        raise selectors.NoSuchViewing
    watched.viewings.filter(pk=play_id).delete()
    watched.sync_with_viewings()


@transaction.atomic
def remove_watched(*, user_id: int, movie_id: int) -> None:
    """Remove a film and all its viewings from the list, if it is there. Raises NoSuchMovie, UserErased."""
    lock_lists(user_id=user_id, movie_id=movie_id)
    Watched.objects.filter(user=user_id, movie=movie_id).delete()


def deliver_due() -> int:
    """Notify everybody whose reminder is due; return how many reminders were delivered.

    Each batch is claimed, notified and marked in one transaction, so that a killed process leaves nothing half done.
    Safe to run concurrently.
    """
    delivered = 0
    while batch := _deliver_batch():
        delivered += batch
    return delivered


@transaction.atomic
def _deliver_batch() -> int:
    now = timezone.now()
    due = Reminder.objects.filter(remind_at__lte=now, sent_at=None).order_by("remind_at")
    users = dict(due.values_list("pk", "user")[:_BATCH])
    existing = lock_users(users.values())
    claimed = list(due.filter(pk__in=users, user__in=existing).select_for_update(skip_locked=True))
    titles = movie_selectors.titles([reminder.movie_id for reminder in claimed])
    notify(_notices(claimed, titles, now))
    return Reminder.objects.filter(pk__in=[reminder.pk for reminder in claimed]).update(sent_at=now)


def _notices(due: Iterable[Reminder], titles: Mapping[int, str], now: datetime) -> Iterator[NewNotice]:
    """A notice for each reminder, or one for all of a person who has many: each is an e-mail."""
    by_user: dict[int, list[Reminder]] = {}
    for reminder in due:
        by_user.setdefault(reminder.user_id, []).append(reminder)
    for reminders in by_user.values():
        if len(reminders) > _MAX_NOTICES:
            yield _notice_of_many(reminders, titles, now)
        else:
            yield from (_notice_of_one(reminder, titles[reminder.movie_id]) for reminder in reminders)


def _notice_of_many(reminders: Sequence[Reminder], titles: Mapping[int, str], now: datetime) -> NewNotice:
    first = reminders[0]
    lines = [f"- {titles[each.movie_id]}{f' ({each.note})' if each.note else ''}" for each in reminders]
    return NewNotice(
        user_id=first.user_id,
        key=f"reminders {first.pk} {now.isoformat()}",
        subject=f"Time to watch {titles[first.movie_id]} and {len(reminders) - 1} more",
        text="\n".join(["You asked to be reminded of these films:", "", *lines]),
        link="/api/v1/reminders/",
        scheduled_at=first.remind_at,
    )


def _notice_of_one(reminder: Reminder, title: str) -> NewNotice:
    assert reminder.remind_at is not None  # noqa: S101  # or it would not be due
    note = f"\n\nYour note: {reminder.note}" if reminder.note else ""
    return NewNotice(
        user_id=reminder.user_id,
        key=f"reminder {reminder.pk} {reminder.remind_at.isoformat()}",
        subject=f"Time to watch {title}",
        text=f"You asked to be reminded of {title}.{note}",
        link=f"/api/v1/movies/{reminder.movie_id}/",
        scheduled_at=reminder.remind_at,
    )


def lock_lists(*, user_id: int, movie_id: int) -> None:
    """Lock the film against deletion, and this person's lists against other writers, until the transaction ends.

    Raises NoSuchMovie, UserErased.
    """
    movie_selectors.lock_against_removal(movie_id)
    lock_user(user_id, exclusive=True)  # against an insert or delete between our read and write


def _lock_all(user_id: int, movie_ids: Collection[int]) -> set[int]:
    """Like `lock_lists`, for several films; return the ids of those that exist. Raises UserErased."""
    existing = movie_selectors.lock_all_against_removal(movie_ids)
    lock_user(user_id, exclusive=True)
    return existing
