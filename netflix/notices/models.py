from typing import ClassVar

from django.conf import settings
from django.db import models

from netflix.outbox.models import OutboxEntry


class Notice(OutboxEntry):
    """A message to a person, in the app and by e-mail. The row is the outbox of its e-mail: done when sent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100, help_text="What it is about; a person is told each thing once.")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=200, blank=True, help_text="Where to read on, within this API.")
    scheduled_at = models.DateTimeField(null=True, blank=True, help_text="When it was due, if it had a time.")
    sent_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            *OutboxEntry.Meta.constraints,
            models.UniqueConstraint(fields=["user", "key"], name="notice_once"),
        ]
        indexes: ClassVar = [
            *OutboxEntry.Meta.indexes,
            models.Index("user", models.F("id").desc(), name="notice_newest_first"),
        ]

    def __str__(self) -> str:
        return self.subject
