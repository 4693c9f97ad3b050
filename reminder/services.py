"""Public writes of reminders and watched films. Each function is one transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from movies import selectors as movie_selectors
from netflix.accounts.services import lock_user, lock_users
from netflix.notices.services import News, notify
from reminder import selectors
from reminder.models import Reminder, Viewing, Watched

CLOCK_DIFFERENCE = timedelta(minutes=1)  # how far a client's clock may be ahead of ours
_SAME_VIEWING = timedelta(minutes=10)
_BATCH = 100
_MOST_NOTICES = 5  # of one person's reminders that are due together


class Change(Enum):
    """What a write of one film did to a list."""

    CREATED = "created"  # the film was not on the list
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Wanted(NamedTuple):
    """A reminder to set."""

    movie_id: int
    remind_at: datetime | None = None
    note: str = ""


class Seen(NamedTuple):
    """A viewing at `watched_at`, or now; a future time counts as now."""

    movie_id: int
    watched_at: datetime | None = None


def set_reminder(*, user_id: int, movie_id: int, remind_at: datetime | None = None, note: str = "") -> bool:
    """Like `set_reminders`, for one film; return whether it was created. Raises NoSuchMovie, UserErased."""
    (change,) = set_reminders(user_id=user_id, wanted=[Wanted(movie_id, remind_at, note)])
    if change is None:
        raise movie_selectors.NoSuchMovie
    return change is Change.CREATED


@transaction.atomic
def set_reminders(*, user_id: int, wanted: Sequence[Wanted]) -> list[Change | None]:
    """Put films on a person's reminder list, or update the entries there; return what each did, None: no such film.

    A changed time is notified again, an unchanged one is not. Raises UserErased.
    """
    held = _lock_all(user_id, [each.movie_id for each in wanted])
    stored = Reminder.objects.select_for_update().filter(user=user_id, movie__in=held).order_by("pk")
    mine = {row.movie_id: row for row in stored}
    changes: list[Change | None] = []
    changed: dict[int, Reminder] = {}
    for each in wanted:
        former = mine.get(each.movie_id)
        if each.movie_id not in held:
            changes.append(None)
        elif former and (former.remind_at, former.note) == (each.remind_at, each.note):
            changes.append(Change.UNCHANGED)
        else:
            mine[each.movie_id] = changed[each.movie_id] = _reminder(user_id, each, former)
            changes.append(Change.UPDATED if former else Change.CREATED)
    Reminder.objects.bulk_create(
        changed.values(),
        update_conflicts=True,
        unique_fields=["user", "movie"],
        update_fields=["remind_at", "note", "sent_at"],
    )
    return changes


def _reminder(user_id: int, wanted: Wanted, former: Reminder | None) -> Reminder:
    """A new row. One with the time of the former row has been notified if that one was."""
    sent_at = former.sent_at if former is not None and former.remind_at == wanted.remind_at else None
    return Reminder(
        user_id=user_id, movie_id=wanted.movie_id, remind_at=wanted.remind_at, note=wanted.note, sent_at=sent_at
    )


@transaction.atomic
def remove_reminder(*, user_id: int, movie_id: int) -> None:
    """Remove a film from the list, if it is there. Raises NoSuchMovie, UserErased."""
    lock_lists(user_id=user_id, movie_id=movie_id)
    Reminder.objects.filter(user=user_id, movie=movie_id).delete()


def record_viewing(*, user_id: int, movie_id: int, watched_at: datetime | None = None) -> bool:
    """Like `record_viewings`, for one; return whether the film is new on the list. Raises NoSuchMovie, UserErased."""
    (change,) = record_viewings(user_id=user_id, seen=[Seen(movie_id, watched_at)])
    if change is None:
        raise movie_selectors.NoSuchMovie
    return change is Change.CREATED


@transaction.atomic
def record_viewings(*, user_id: int, seen: Sequence[Seen]) -> list[Change | None]:
    """Store viewings; return what each did, None: no such film.

    Idempotent: an equal time is the same viewing, and so is "now" within ten minutes, as when a client retries. Deletes
    the person's reminder if it is older than the viewing; one that is not yet due only if the viewing is now.

    Raises UserErased.
    """
    held, now = _lock_all(user_id, [each.movie_id for each in seen]), timezone.now()
    viewings = [(movie_id, min(watched_at or now, now)) for movie_id, watched_at in seen if movie_id in held]
    mine = Watched.objects.select_for_update().filter(user=user_id, movie__in=held).order_by("pk")
    listed = dict(mine.values_list("movie_id", "last_watched_at"))
    known = _known_viewings(user_id, viewings, now)
    on_list, added = set(listed), dict[int, set[datetime]]()
    changes: list[Change] = []
    for movie_id, at in viewings:
        if _is_known(at, known.setdefault(movie_id, set()), now):
            changes.append(Change.UNCHANGED)
        else:
            changes.append(Change.UPDATED if movie_id in on_list else Change.CREATED)
            on_list.add(movie_id)
            known[movie_id].add(at)
            added.setdefault(movie_id, set()).add(at)
    _store_viewings(user_id, listed, added)
    _close_reminders(user_id, viewings, now)
    each = iter(changes)
    return [next(each) if movie_id in held else None for movie_id, _ in seen]


def _is_known(at: datetime, known: Collection[datetime], now: datetime) -> bool:
    """Ranges are searched only for viewings about now: a film may have very many others."""
    earliest, latest = _same_viewing(at, now)
    return at in known or (earliest < latest and any(earliest <= time <= latest for time in known))


def _known_viewings(user_id: int, viewings: Sequence[tuple[int, datetime]], now: datetime) -> dict[int, set[datetime]]:
    """By film the stored viewings that may be the same as one of these."""
    if not viewings:
        return {}
    ranges = [_same_viewing(at, now) for _, at in viewings]
    known: dict[int, set[datetime]] = {}
    rows = Viewing.objects.filter(
        watched__user=user_id,
        watched__movie__in={movie_id for movie_id, _ in viewings},
        watched_at__range=(min(earliest for earliest, _ in ranges), max(latest for _, latest in ranges)),
    )
    for movie_id, at in rows.values_list("watched__movie", "watched_at"):
        known.setdefault(movie_id, set()).add(at)
    return known


def _store_viewings(user_id: int, listed: Mapping[int, datetime], added: Mapping[int, set[datetime]]) -> None:
    """`listed`: by film the last viewing so far."""
    watched = Watched.objects.bulk_create(
        (
            Watched(user_id=user_id, movie_id=movie_id, last_watched_at=max(*times, listed.get(movie_id, min(times))))
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


def _close_reminders(user_id: int, viewings: Sequence[tuple[int, datetime]], now: datetime) -> None:
    """Delete the person's reminders that these viewings have answered: see `record_viewings`."""
    last: dict[int, datetime] = {}
    for movie_id, at in viewings:
        last[movie_id] = max(at, last.get(movie_id, at))
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

    Raises NoSuchPlay, NoSuchMovie, UserErased.
    """
    lock_lists(user_id=user_id, movie_id=movie_id)
    watched = Watched.objects.filter(user=user_id, movie=movie_id, viewings__pk=play_id).first()
    if watched is None:
        raise selectors.NoSuchPlay
    watched.viewings.filter(pk=play_id).delete()
    watched.follow_viewings()


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
    notify(_news(claimed, titles, now))
    return Reminder.objects.filter(pk__in=[reminder.pk for reminder in claimed]).update(sent_at=now)


def _news(due: Iterable[Reminder], titles: Mapping[int, str], now: datetime) -> Iterator[News]:
    """A notice for each reminder, or one for all of a person who has many: each is an e-mail."""
    by_user: dict[int, list[Reminder]] = {}
    for reminder in due:
        by_user.setdefault(reminder.user_id, []).append(reminder)
    for reminders in by_user.values():
        if len(reminders) > _MOST_NOTICES:
            yield _news_of_many(reminders, titles, now)
        else:
            yield from (_news_of_one(reminder, titles[reminder.movie_id]) for reminder in reminders)


def _news_of_many(reminders: Sequence[Reminder], titles: Mapping[int, str], now: datetime) -> News:
    first = reminders[0]
    lines = [f"- {titles[each.movie_id]}{f' ({each.note})' if each.note else ''}" for each in reminders]
    return News(
        user_id=first.user_id,
        key=f"reminders {first.pk} {now.isoformat()}",
        subject=f"Time to watch {titles[first.movie_id]} and {len(reminders) - 1} more",
        text="\n".join(["You asked to be reminded of these films:", "", *lines]),
        link="/api/v1/reminders/",
        scheduled_at=first.remind_at,
    )


def _news_of_one(reminder: Reminder, title: str) -> News:
    assert reminder.remind_at is not None  # noqa: S101  # or it would not be due
    note = f"\n\nYour note: {reminder.note}" if reminder.note else ""
    return News(
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
    held = movie_selectors.lock_all_against_removal(movie_ids)
    lock_user(user_id, exclusive=True)
    return held
