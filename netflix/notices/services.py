"""Telling people things, once each: the notice is stored with what it is about, its e-mail follows from the row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from netflix.notices.models import Notice

logger = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=5)  # longer than sending takes: nobody else tries meanwhile
_MOST_ATTEMPTS = 5
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What to tell a person. They are told everything with the same `key` only once."""

    user_id: int
    key: str
    subject: str
    text: str
    link: str = ""
    scheduled_at: datetime | None = None


@transaction.atomic
def notify(news: Iterable[News]) -> None:
    """Leave notices. Part of the caller's transaction: they are there exactly if what they tell of is."""
    now = timezone.now()
    Notice.objects.bulk_create(
        (
            Notice(
                user_id=item.user_id,
                key=item.key,
                subject=_one_line(item.subject),
                text=item.text,
                link=item.link,
                scheduled_at=item.scheduled_at,
                next_email_at=now,
            )
            for item in news
        ),
        ignore_conflicts=True,
    )


def mark_seen(*, user_id: int, notice_id: int) -> None:
    """Note that a person has seen their notice; the first time counts. Raises Notice.DoesNotExist."""
    mine = Notice.objects.filter(user=user_id, pk=notice_id)
    if not mine.filter(seen_at=None).update(seen_at=timezone.now()) and not mine.exists():
        raise Notice.DoesNotExist


def send_emails() -> int:
    """Send the e-mails that are due and return how many went out.

    Each is claimed before it is sent, so that several workers share the work. It goes out at least once: a worker that
    is killed between sending and noting it leaves it to be sent again, under the same Message-ID.
    """
    sent = 0
    while claimed := _claim():
        sent += sum(map(_send, claimed))
    return sent


@transaction.atomic
def _claim() -> list[Notice]:
    now = timezone.now()
    due = Notice.objects.filter(next_email_at__lte=now).order_by("next_email_at", "id")
    claimed = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("user")[:_BATCH])
    for notice in claimed:
        notice.email_attempts += 1
        last = notice.email_attempts >= _MOST_ATTEMPTS
        notice.next_email_at = None if last else now + _LEASE * 2 ** (notice.email_attempts - 1)
    Notice.objects.bulk_update(claimed, ["email_attempts", "next_email_at"])
    return claimed


def _send(notice: Notice) -> bool:
    address = notice.user.email
    if not address:
        Notice.objects.filter(pk=notice.pk).update(next_email_at=None)
        return False
    message = EmailMessage(
        notice.subject,
        notice.text,
        to=[address],
        headers={"Message-ID": f"<notice-{notice.pk}@{settings.EMAIL_DOMAIN}>"},
    )
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors too; the claim brings it back later
        logger.warning("email_failed", notice=notice.pk, attempt=notice.email_attempts, error=str(error))
        return False
    Notice.objects.filter(pk=notice.pk).update(emailed_at=timezone.now(), next_email_at=None)
    return True


def _one_line(subject: str) -> str:
    """An e-mail's subject must not break into another header, nor be longer than its column."""
    return " ".join(subject.split())[:200]
