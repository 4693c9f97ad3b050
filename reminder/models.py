from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

NOTE_LENGTH = 500
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def due() -> Coalesce:
    """Sort key of reminders: their time, or last without one."""
    return Coalesce("remind_at", models.Value(_NEVER), output_field=models.DateTimeField())


class Reminder(models.Model):
    """A film that a person wants to watch; with `remind_at` they are notified once, at that time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    movie = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="+")
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the person was notified.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "movie"], name="reminder_once")]
        indexes: ClassVar = [
            models.Index("user", models.F("id").desc(), name="reminder_newest_first"),
            models.Index("user", due(), "id", name="reminder_by_time"),
            models.Index(
                "remind_at",
                name="reminder_waiting",
                condition=models.Q(remind_at__isnull=False, sent_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.movie}"


class Watched(models.Model):
    """A film that a person has watched at least once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    movie = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="+")
    last_watched_at = models.DateTimeField()  # copied from the latest viewing, to order the list

    class Meta:
        verbose_name_plural = "watched"
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "movie"], name="watched_once")]
        indexes: ClassVar = [models.Index("user", "last_watched_at", "id", name="watched_by_time")]

    def __str__(self) -> str:
        return f"{self.user}: {self.movie}"

    def sync_with_viewings(self) -> None:
        """Store the time of the latest viewing; without a viewing, delete the row."""
        last = self.viewings.aggregate(at=models.Max("watched_at"))["at"]
        if last is None:
            self.delete()
        else:
            Watched.objects.filter(pk=self.pk).update(last_watched_at=last)


class Viewing(models.Model):
    """A time at which a person watched a film."""

    watched = models.ForeignKey(Watched, on_delete=models.CASCADE, related_name="viewings", db_index=False)
    watched_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["watched", "watched_at"], name="viewing_once")]

    def __str__(self) -> str:
        return f"{self.watched_at:%Y-%m-%d %H:%M}"
