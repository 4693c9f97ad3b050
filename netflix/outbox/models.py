from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class OutboxEntry(models.Model):
    """A row that is its own message: the table is the queue.

    `next_attempt_at` is compared with the database's clock. If it is past, any worker may claim the row. If it is in
    the future, the row is claimed or waits for a retry. If it is null, the row is done, dead or withdrawn.
    """

    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(null=True, blank=True, db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    dead_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was given up, after too many attempts."
    )
    last_error = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(done_at=None, dead_at=None)
                | models.Q(next_attempt_at=None, done_at__isnull=False, dead_at=None)
                | models.Q(next_attempt_at=None, done_at=None, dead_at__isnull=False),
                name="%(class)s_pending_done_or_dead",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "next_attempt_at", name="%(class)s_pending", condition=models.Q(next_attempt_at__isnull=False)
            ),
            models.Index("dead_at", name="%(class)s_dead", condition=models.Q(dead_at__isnull=False)),
        ]
