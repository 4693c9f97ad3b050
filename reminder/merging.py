"""Move reminders and watched films when films are merged or split. `apps.py` connects both functions to events."""

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Greatest

from reminder.models import Reminder, Viewing, Watched

_REMINDERS, _WATCHED, _VIEWINGS = "reminders", "watched", "viewings"

Moved = dict[str, list[int]]


def merge_lists(kept_id: int, merged_id: int, moved: Moved, **_: object) -> None:
    """Move entries to the kept film, combining a person's two entries into one."""
    _merge_reminders(kept_id, merged_id)
    moved[_REMINDERS] = _ids(Reminder.objects.filter(movie=merged_id))
    Reminder.objects.filter(movie=merged_id).update(movie=kept_id)
    moved[_VIEWINGS] = _merge_watched(kept_id, merged_id)
    moved[_WATCHED] = _ids(Watched.objects.filter(movie=merged_id))
    Watched.objects.filter(movie=merged_id).update(movie=kept_id)


def split_lists(kept_id: int, merged_id: int, moved: Moved, **_: object) -> None:
    """Move entries back. A combined reminder stays with the kept film."""
    Reminder.objects.filter(movie=kept_id, pk__in=moved.get(_REMINDERS, [])).update(movie=merged_id)
    Watched.objects.filter(movie=kept_id, pk__in=moved.get(_WATCHED, [])).update(movie=merged_id)
    viewings = Viewing.objects.filter(watched__movie=kept_id, pk__in=moved.get(_VIEWINGS, [])).select_related("watched")
    for viewing in viewings.order_by("pk"):
        own = Watched.objects.get_or_create(
            user_id=viewing.watched.user_id, movie_id=merged_id, defaults={"last_watched_at": viewing.watched_at}
        )[0]
        former = viewing.watched
        Viewing.objects.filter(pk=viewing.pk).update(watched=own)
        for watched in (own, former):
            watched.sync_with_viewings()


def _merge_reminders(kept_id: int, merged_id: int) -> None:
    """Of a person's two reminders keep the unsent one, then the earlier; if it has no note, take the other's."""
    by_user = {mine.user_id: mine for mine in Reminder.objects.select_for_update().filter(movie=kept_id).order_by("pk")}
    others = Reminder.objects.select_for_update().filter(movie=merged_id, user__in=by_user).order_by("pk")
    for other in others:
        stays, goes = sorted((by_user[other.user_id], other), key=_urgency)
        Reminder.objects.filter(pk=stays.pk).update(note=stays.note or goes.note)
        goes.delete()


def _urgency(reminder: Reminder) -> tuple[bool, bool, datetime, int]:
    at = reminder.remind_at or reminder.created_at
    return reminder.sent_at is not None, reminder.remind_at is None, at, reminder.pk


def _merge_watched(kept_id: int, merged_id: int) -> list[int]:
    """For people who have watched both, merge the viewings; return the ids of those that were moved."""
    by_user = {mine.user_id: mine for mine in Watched.objects.select_for_update().filter(movie=kept_id).order_by("pk")}
    others = Watched.objects.select_for_update().filter(movie=merged_id, user__in=by_user).order_by("pk")
    moved: list[int] = []
    for other in others:
        mine = by_user[other.user_id]
        new = _ids(other.viewings.exclude(watched_at__in=mine.viewings.values("watched_at")))
        Viewing.objects.filter(pk__in=new).update(watched=mine)
        Watched.objects.filter(pk=mine.pk).update(last_watched_at=Greatest("last_watched_at", other.last_watched_at))
        other.delete()
        moved += new
    return moved


def _ids(rows: "QuerySet[Reminder] | QuerySet[Watched] | QuerySet[Viewing]") -> list[int]:
    return sorted(rows.values_list("pk", flat=True))
