"""Telling people things, once each: the notice is stored with what it is about, its e-mail follows from the row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from netflix.notices.models import Notice
from netflix.notices.selectors import NoSuchNotice, full_link
from netflix.outbox import mail
from netflix.outbox.services import Outbox

# Few at a time: ten that take as long as EMAIL_TIMEOUT lets them are over within their lease. A mail server may be
# slower still, so each is begun only if nobody else has it meanwhile.
_EMAILS = Outbox(model=Notice, lease=timedelta(minutes=5), retry_after=timedelta(minutes=5), most_attempts=5, batch=10)


_NEWS_FOR = timedelta(days=3)


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
    """Note that a person has seen their notice; the first time counts. Raises NoSuchNotice."""
    mine = Notice.objects.filter(user=user_id, pk=notice_id)
    if not mine.filter(seen_at=None).update(seen_at=timezone.now()) and not mine.exists():
        raise NoSuchNotice


def send_what_waited(user_id: int) -> None:
    """Have the e-mails sent that waited for a person's address. A hook: see settings.HOOKS.

    Those of the last days: older ones are no news any more.
    """
    withdrawn = Notice.objects.filter(user=user_id, done_at=None, dead_at=None, next_attempt_at=None)
    withdrawn.filter(sent_at__gt=timezone.now() - _NEWS_FOR).update(next_attempt_at=Now())


def send_emails() -> int:
    """Send the e-mails that are due and return how many went out; see netflix.outbox.mail for what is promised."""
    return mail.send_emails(_EMAILS, _as_email)


def _as_email(notice: Notice) -> EmailMessage | None:
    """None while nobody has shown that the address is theirs."""
    address = notice.user.mail_address
    if not address:
        return None
    text = f"{notice.text}\n\n{full_link(notice.link)}" if notice.link else notice.text
    headers = {"Message-ID": f"<notice-{notice.pk}@{settings.EMAIL_DOMAIN}>"}
    return EmailMessage(notice.subject, text, to=[address], headers=headers)


def _one_line(subject: str) -> str:
    """An e-mail's subject must not break into another header, nor be longer than its column."""
    return " ".join(subject.split())[:200]
