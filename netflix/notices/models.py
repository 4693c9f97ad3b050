from typing import ClassVar

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """Something a person is told, in the app and by e-mail. The row is the outbox of its e-mail."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100, help_text="What it is about; a person is told each thing once.")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=200, blank=True, help_text="Where to read on, within this API.")
    scheduled_at = models.DateTimeField(null=True, blank=True, help_text="When it was due, if it had a time.")
    sent_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)
    email_attempts = models.PositiveSmallIntegerField(default=0)
    next_email_at = models.DateTimeField(
        null=True, blank=True, help_text="When its e-mail is tried next; never if empty."
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes: ClassVar = [
            models.Index("user", models.F("id").desc(), name="notice_newest_first"),
            models.Index("next_email_at", name="notice_to_email", condition=models.Q(next_email_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.subject
