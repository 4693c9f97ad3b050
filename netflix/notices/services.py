"""Notices are stored once for each person and event; their e-mails are sent from the stored rows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models.functions import Now
from django.utils import timezone

from netflix.api.errors import NoSuchObject
from netflix.notices.models import Notice
from netflix.outbox import mail

_MAX_AGE_TO_QUEUE = timedelta(days=3)  # older notices are not e-mailed when their reader's address is verified


class NoSuchNotice(NoSuchObject):
    message = "You have no notice with this id."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A notice to create. A person gets only one with the same `key`."""

    user_id: int
    key: str
    subject: str
    text: str
    link: str = ""
    scheduled_at: datetime | None = None


def notify(notices: Iterable[NewNotice]) -> None:
    """Create notices, in the caller's transaction. Those that a person already has are skipped."""
    rows = [Notice(**asdict(item) | {"subject": _one_line(item.subject)}) for item in notices]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


def mark_seen(*, user_id: int, notice_id: int) -> None:
    """Store when a person first saw their notice. Raises NoSuchNotice."""
    notices = Notice.objects.filter(user=user_id, pk=notice_id)
    if not notices.filter(seen_at=None).update(seen_at=timezone.now()) and not notices.exists():
        raise NoSuchNotice


def queue_waiting_emails(user_id: int, **_: object) -> None:
    """Queue the recent e-mails that waited until a person's address was verified. Follows `address_verified`."""
    withdrawn = Notice.objects.filter(user=user_id, done_at=None, dead_at=None, next_attempt_at=None)
    withdrawn.filter(sent_at__gt=timezone.now() - _MAX_AGE_TO_QUEUE).update(next_attempt_at=Now())


def send_emails() -> int:
    """Send the e-mails that are due and return their number; netflix.outbox.mail describes the guarantees."""
    return mail.send_emails(Notice, compose_email)


def compose_email(notice: Notice) -> EmailMessage | None:
    """None while the person has no verified address."""
    address = notice.user.deliverable_email
    if not address:
        return None
    text = f"{notice.text}\n\n{settings.PUBLIC_URL}{notice.link}" if notice.link else notice.text
    headers = {"Message-ID": f"<notice-{notice.pk}@{settings.EMAIL_DOMAIN}>"}
    return EmailMessage(notice.subject, text, to=[address], headers=headers)


def _one_line(subject: str) -> str:
    """Without line breaks, which could start another header of the e-mail, and cut to the column's length."""
    return " ".join(subject.split())[:200]
