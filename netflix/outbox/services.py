"""Work that is never lost: claim rows for a while, count attempts, try again later, give up visibly.

The transactional outbox pattern (Chris Richardson, "Microservices Patterns", 2018, chapter 3) with leases. Every row is
worked on at least once; whoever does the work sees to it that twice does no harm. Several workers, and several relays
that only hand rows on, may do this at once and may be killed at any point: a claim that leads to nothing runs out, and
the row is due again. All times are the database's, because machines disagree about theirs.
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

_SILENT = "The last attempt ended without a word, as when a worker is killed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox(Generic[Entry]):
    """The entries of one model, and how patiently they are worked on.

    `lease`: for how long a claim keeps others away. `retry_after`: roughly the wait after the first failure, doubled
    after each further one. `most_in_flight`: how many may be claimed at once, about; None for any number.
    """

    model: type[Entry]
    lease: timedelta
    retry_after: timedelta
    most_attempts: int = 5
    most_in_flight: int | None = None
    batch: int = 100

    def pending(self) -> models.QuerySet[Entry]:
        """What has still to be done, by anybody, now or later."""
        return self.entries().filter(next_attempt_at__isnull=False)

    def in_flight(self) -> models.QuerySet[Entry]:
        """What of that is claimed. What failed and waits for its next attempt is not."""
        return self.entries().filter(next_attempt_at__gt=Now(), last_error="")

    def dead(self) -> models.QuerySet[Entry]:
        """What was given up."""
        return self.entries().filter(dead_at__isnull=False)

    def entries(self) -> models.QuerySet[Entry]:
        return self.model._default_manager.all()

    def has_room(self) -> bool:
        return self._room() > 0

    def leased(self) -> dict[str, Any]:
        """For the creation of an entry by somebody who hands it on at once: field values, as if it were claimed."""
        return {"next_attempt_at": Now() + self.lease}

    @transaction.atomic
    def claim(self) -> list[int]:
        """Take the entries that are longest due, a batch at most, for a lease; returns their ids.

        Whoever was claimed as often as allowed and is due yet again is given up instead.
        """
        room = self._room()
        if room <= 0:
            return []
        due = self.entries().filter(next_attempt_at__lte=Now()).order_by("next_attempt_at", "pk")
        found = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "attempts")[:room])
        exhausted = [pk for pk, attempts in found if attempts >= self.most_attempts]
        claimed = [pk for pk, attempts in found if attempts < self.most_attempts]
        self._give_up(exhausted, _SILENT)
        self.entries().filter(pk__in=claimed).update(next_attempt_at=Now() + self.lease, last_error="")
        return claimed

    def release(self, pks: Collection[int]) -> None:
        """Give claimed entries back before any attempt: they are due at once."""
        self.pending().filter(pk__in=pks).update(next_attempt_at=Now())

    def postpone(self, pks: Collection[int], wait: timedelta) -> None:
        """Give claimed entries back before any attempt, for after a wait: nobody could attempt them now."""
        self.pending().filter(pk__in=pks).update(next_attempt_at=Now() + wait)

    def take_back(self, pk: int) -> None:
        """Note that an attempt never came about, though it was begun: what it needs is away."""
        self.pending().filter(pk=pk, attempts__gt=0).update(attempts=models.F("attempts") - 1)

    def begin(self, pk: int, *, attempts: int | None = None) -> bool:
        """Count an attempt, and hold the entry for a lease from now. False: there is nothing to attempt.

        Called before each attempt and outside of its transaction, so that attempts which kill their worker count too.
        Who must not repeat the work gives the `attempts` that were counted when it was claimed: if there are more now,
        the lease ran out and somebody else has it.
        """
        begun = self.pending().filter(pk=pk, attempts__lt=self.most_attempts)
        if attempts is not None:
            begun = begun.filter(attempts=attempts)
        return bool(begun.update(attempts=models.F("attempts") + 1, next_attempt_at=Now() + self.lease))

    def complete(self, pk: int) -> None:
        """Note that it is done: part of the transaction of what was done, where that is in this database."""
        self.pending().filter(pk=pk).update(done_at=Now(), next_attempt_at=None, last_error="")

    def withdraw(self, pk: int) -> None:
        """Note that there is nothing to do any more."""
        self.pending().filter(pk=pk).update(next_attempt_at=None)

    def resume(self, pk: int) -> bool:
        """Take a withdrawn entry up again, for a lease. False if nobody has withdrawn it, or somebody was quicker."""
        withdrawn = self.entries().filter(pk=pk, next_attempt_at=None, done_at=None, dead_at=None)
        return bool(withdrawn.update(next_attempt_at=Now() + self.lease))

    @transaction.atomic
    def fail(self, pk: int, error: Exception) -> None:
        """Have an entry tried again later, or give it up after its last attempt.

        Of the error only its kind is kept: its words may quote what is private.
        """
        attempts = self.pending().select_for_update(of=("self",)).filter(pk=pk).values_list("attempts", flat=True)
        kind = type(error).__name__[:200]
        for made in attempts:
            if made >= self.most_attempts:
                self._give_up([pk], kind)
            else:
                wait = backoff(self.retry_after, made)
                self.pending().filter(pk=pk).update(next_attempt_at=Now() + wait, last_error=kind)

    def replay(self, pks: Collection[int]) -> int:
        """Give dead entries as many attempts anew, the first at once; returns how many of these were dead."""
        return self.dead().filter(pk__in=pks).update(dead_at=None, attempts=0, last_error="", next_attempt_at=Now())

    def _room(self) -> int:
        if self.most_in_flight is None:
            return self.batch
        return min(self.batch, self.most_in_flight - self.in_flight().count())

    def _give_up(self, pks: list[int], reason: str) -> None:
        if not pks:
            return
        self.entries().filter(pk__in=pks).update(dead_at=Now(), next_attempt_at=None, last_error=reason)
        logger.error("dead_letters", outbox=self.model._meta.label, entries=pks, reason=reason)


def backoff(retry_after: timedelta, attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: doubled each time, less up to half of it by chance.

    "Equal jitter" in Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): entries that failed
    together do not come back together.
    """
    factor: float = 2 ** (attempts - 1) * random.uniform(0.5, 1)  # noqa: S311  # nobody gains by guessing it
    return retry_after * factor
