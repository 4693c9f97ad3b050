"""The transactional outbox pattern (Chris Richardson, "Microservices Patterns", 2018, chapter 3) with leases.

Every row is processed at least once, so processing must be idempotent. Several workers, and relays that only publish
rows, may run at once and be killed at any point: their leases expire, and the rows are due again. All times are the
database's, because the clocks of machines differ.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

import structlog
from django.db import models, transaction
from django.db.models.functions import Now

from netflix.outbox.models import OutboxEntry

logger = structlog.get_logger(__name__)

Entry = TypeVar("Entry", bound=OutboxEntry)

_NO_ERROR = "The last attempt ended without an error, for example because its worker was killed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox(Generic[Entry]):
    """The entries of one model and their retry policy.

    `lease`: how long a claim excludes other workers. `retry_after`: the approximate wait after the first failure,
    doubled after each further one. `max_in_flight`: about how many may be claimed at once; None for no limit.
    """

    model: type[Entry]
    lease: timedelta
    retry_after: timedelta
    max_attempts: int = 5
    max_in_flight: int | None = None
    batch: int = 100

    def pending(self) -> models.QuerySet[Entry]:
        """Entries that are not done, dead or withdrawn."""
        return self.entries().filter(next_attempt_at__isnull=False)

    def in_flight(self) -> models.QuerySet[Entry]:
        """Claimed entries, without those that failed and wait for a retry."""
        return self.entries().filter(next_attempt_at__gt=Now(), last_error="")

    def dead(self) -> models.QuerySet[Entry]:
        """Entries that were given up."""
        return self.entries().filter(dead_at__isnull=False)

    def entries(self) -> models.QuerySet[Entry]:
        return self.model._default_manager.all()

    def has_room(self) -> bool:
        return self._room() > 0

    def claimed_fields(self) -> dict[str, Any]:
        """Field values that create an entry as claimed, for callers that publish it at once."""
        return {"next_attempt_at": Now() + self.lease}

    @transaction.atomic
    def claim(self) -> list[int]:
        """Claim the entries that have been due longest, at most a batch, and return their ids.

        Entries that have no attempts left are given up instead.
        """
        room = self._room()
        if room <= 0:
            return []
        due = self.entries().filter(next_attempt_at__lte=Now()).order_by("next_attempt_at", "pk")
        rows = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "attempts")[:room])
        exhausted = [pk for pk, attempts in rows if attempts >= self.max_attempts]
        claimed = [pk for pk, attempts in rows if attempts < self.max_attempts]
        self._give_up(exhausted, _NO_ERROR)
        self.entries().filter(pk__in=claimed).update(next_attempt_at=Now() + self.lease, last_error="")
        return claimed

    def release(self, pks: Collection[int], *, wait: timedelta = timedelta()) -> None:
        """End the claim of entries before any attempt: they are due after `wait`."""
        self.pending().filter(pk__in=pks).update(next_attempt_at=Now() + wait)

    def uncount_attempt(self, pk: int) -> None:
        """Do not count the attempt that was begun, because the service that it needs is unavailable."""
        self.pending().filter(pk=pk, attempts__gt=0).update(attempts=models.F("attempts") - 1)

    def begin(self, pk: int, *, attempts: int | None = None) -> bool:
        """Count an attempt and renew the lease. Returns False if the entry must not be attempted.

        Called before each attempt and outside of its transaction, so that attempts which kill their worker count too.
        With `attempts`, the count at the claim, it is False if the lease has expired and another worker has the entry.
        """
        entry = self.pending().filter(pk=pk, attempts__lt=self.max_attempts)
        if attempts is not None:
            entry = entry.filter(attempts=attempts)
        return bool(entry.update(attempts=models.F("attempts") + 1, next_attempt_at=Now() + self.lease))

    def complete(self, pk: int) -> None:
        """Mark the entry as done. If its work is in this database, call this in the transaction of the work."""
        self.pending().filter(pk=pk).update(done_at=Now(), next_attempt_at=None, last_error="")

    def withdraw(self, pk: int) -> None:
        """Mark the entry as having nothing to do."""
        self.pending().filter(pk=pk).update(next_attempt_at=None)

    def resume(self, pk: int) -> bool:
        """Claim a withdrawn entry. Returns False if it is not withdrawn."""
        withdrawn = self.entries().filter(pk=pk, next_attempt_at=None, done_at=None, dead_at=None)
        return bool(withdrawn.update(next_attempt_at=Now() + self.lease))

    @transaction.atomic
    def fail(self, pk: int, error: Exception) -> None:
        """Schedule a retry, or give the entry up after its last attempt.

        Only the error's class is stored: its message may contain private data.
        """
        entry = self.pending().select_for_update(of=("self",)).filter(pk=pk).first()
        if entry is None:
            return
        reason = type(error).__name__[:200]
        if entry.attempts >= self.max_attempts:
            self._give_up([pk], reason)
            return
        wait = backoff(self.retry_after, entry.attempts)
        self.pending().filter(pk=pk).update(next_attempt_at=Now() + wait, last_error=reason)

    def replay(self, pks: Collection[int]) -> int:
        """Restart dead entries: due at once, with no attempts counted. Returns how many of them were dead."""
        return self.dead().filter(pk__in=pks).update(dead_at=None, attempts=0, last_error="", next_attempt_at=Now())

    def _room(self) -> int:
        if self.max_in_flight is None:
            return self.batch
        return min(self.batch, self.max_in_flight - self.in_flight().count())

    def _give_up(self, pks: list[int], reason: str) -> None:
        if not pks:
            return
        self.entries().filter(pk__in=pks).update(dead_at=Now(), next_attempt_at=None, last_error=reason)
        logger.error("dead_letters", outbox=self.model._meta.label, entries=pks, reason=reason)


def backoff(retry_after: timedelta, attempts: int) -> timedelta:
    """The wait after so many failed attempts: doubled each time, then reduced at random by up to half.

    "Equal jitter" in Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): entries that failed
    together are not retried together.
    """
    factor: float = 2 ** (attempts - 1) * random.uniform(0.5, 1)  # noqa: S311  # nobody gains by guessing it
    return retry_after * factor
