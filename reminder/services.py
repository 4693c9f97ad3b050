"""Public writes of reminders and watched films. Each function is one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from movies import selectors as movie_selectors
from netflix.accounts.services import hold_user, hold_users
from netflix.notices.services import News, notify
from reminder import selectors
from reminder.models import Reminder, Viewing, Watched

CLOCK_DIFFERENCE = timedelta(minutes=1)  # how far a client's clock may be ahead of ours
_SAME_VIEWING = timedelta(minutes=10)
_BATCH = 100


def set_reminder(*, user_id: int, movie_id: int, remind_at: datetime | None = None, note: str = "") -> bool:
    """Put a film on a person's reminder list, or update the entry there. Returns whether it was created.

    A changed time is notified again, an unchanged one is not. Raises NoSuchMovie, UserErased.
    """
    with _locked(user_id, movie_id):
        reminder, created = Reminder.objects.select_for_update().get_or_create(
            user_id=user_id, movie_id=movie_id, defaults={"remind_at": remind_at, "note": note}
        )
        if not created:
            reminder.sent_at = reminder.sent_at if reminder.remind_at == remind_at else None
            reminder.remind_at, reminder.note = remind_at, note
            reminder.save()
        return created


def remove_reminder(*, user_id: int, movie_id: int) -> None:
    """Remove a film from the list, if it is there. Raises NoSuchMovie, UserErased."""
    with _locked(user_id, movie_id):
        Reminder.objects.filter(user=user_id, movie=movie_id).delete()


def record_viewing(*, user_id: int, movie_id: int, watched_at: datetime | None = None) -> bool:
    """Store a viewing at `watched_at` or now; a future time counts as now. Returns whether the film is new on the list.

    Idempotent: an equal time is the same viewing, and so is "now" within ten minutes, as when a client retries. Deletes
    the person's reminder if it is older than the viewing; one that is not yet due only if the viewing is now.

    Raises NoSuchMovie, UserErased.
    """
    with _locked(user_id, movie_id):
        now = timezone.now()
        requested = at = min(watched_at or now, now)
        mine, created = Watched.objects.select_for_update().get_or_create(
            user_id=user_id, movie_id=movie_id, defaults={"last_watched_at": at}
        )
        at = mine.viewings.filter(watched_at__range=_same_viewing(at, now)).aggregate(at=Max("watched_at"))["at"] or at
        if not created:
            Watched.objects.filter(pk=mine.pk).update(last_watched_at=Greatest("last_watched_at", at))
        Viewing.objects.bulk_create([Viewing(watched=mine, watched_at=at)], ignore_conflicts=True)
        closed = Reminder.objects.filter(user=user_id, movie=movie_id, created_at__lte=requested)
        (closed if requested == now else closed.filter(Q(remind_at=None) | Q(remind_at__lte=now))).delete()
        return created


def _same_viewing(at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """The range of times in which a stored viewing counts as the same one.

    A time ahead of our clock was stored as now; when the client sends it again, it may be in the past.
    """
    if at == now:
        return now - _SAME_VIEWING, now + CLOCK_DIFFERENCE  # the clocks of our hosts may differ too
    return (at - CLOCK_DIFFERENCE if at > now - _SAME_VIEWING else at), at


def remove_viewing(*, user_id: int, movie_id: int, play_id: int) -> None:
    """Remove one viewing, and with the last one the film from the list. Does not restore a reminder.

    Raises NoSuchPlay, NoSuchMovie, UserErased.
    """
    with _locked(user_id, movie_id):
        mine = Watched.objects.filter(user=user_id, movie=movie_id)
        removed, _ = Viewing.objects.filter(watched__in=mine, pk=play_id).delete()
        if not removed:
            raise selectors.NoSuchPlay
        last = Viewing.objects.filter(watched__in=mine).aggregate(at=Max("watched_at"))["at"]
        if last is None:
            mine.delete()
        else:
            mine.update(last_watched_at=last)


def remove_watched(*, user_id: int, movie_id: int) -> None:
    """Remove a film and all its viewings from the list, if it is there.

    Raises NoSuchMovie, UserErased.
    """
    with _locked(user_id, movie_id):
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
    existing = hold_users(users.values())
    claimed = list(due.filter(pk__in=users, user__in=existing).select_for_update(skip_locked=True))
    titles = movie_selectors.titles([reminder.movie_id for reminder in claimed])
    notify(_news(reminder, titles[reminder.movie_id]) for reminder in claimed)
    return Reminder.objects.filter(pk__in=[reminder.pk for reminder in claimed]).update(sent_at=now)


def _news(reminder: Reminder, title: str) -> News:
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
    hold_user(user_id, alone=True)  # against an insert or delete between our read and write


@contextmanager
def _locked(user_id: int, movie_id: int) -> Iterator[None]:
    with transaction.atomic():
        lock_lists(user_id=user_id, movie_id=movie_id)
        yield
