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
from netflix.outbox.services import Outbox

logger = structlog.get_logger(__name__)

# Few at a time, so that a batch is sent within its lease; a mail server may be slower still, so each is begun only if
# nobody else has it meanwhile.
_EMAILS = Outbox(model=Notice, lease=timedelta(minutes=5), retry_after=timedelta(minutes=5), most_attempts=5, batch=10)


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
    Notice.objects.bulk_create(
        (
            Notice(
                user_id=item.user_id,
                key=item.key,
                subject=_one_line(item.subject),
                text=item.text,
                link=item.link,
                scheduled_at=item.scheduled_at,
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
    while claimed := _EMAILS.claim():
        notices = Notice.objects.select_related("user").in_bulk(claimed)
        sent += sum(_send(notices[pk]) for pk in claimed if pk in notices)
    return sent


def _send(notice: Notice) -> bool:
    address = notice.user.email
    if not address:
        _EMAILS.withdraw(notice.pk)
        return False
    if not _EMAILS.begin(notice.pk, attempts=notice.attempts):
        return False
    message = EmailMessage(
        notice.subject,
        notice.text,
        to=[address],
        headers={"Message-ID": f"<notice-{notice.pk}@{settings.EMAIL_DOMAIN}>"},
    )
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors too
        logger.warning("email_failed", notice=notice.pk, error=str(error))
        _EMAILS.fail(notice.pk, error)
        return False
    _EMAILS.complete(notice.pk)
    return True


def _one_line(subject: str) -> str:
    """An e-mail's subject must not break into another header, nor be longer than its column."""
    return " ".join(subject.split())[:200]
