"""What may be read of notices."""

from datetime import datetime
from typing import Any, Literal, TypedDict

from django.conf import settings
from django.db import models

from netflix.api.errors import NotThere
from netflix.api.pagination import Ordering
from netflix.notices.models import Notice

Row = dict[str, Any]
Rows = models.QuerySet[Any, Any]  # of Row

NEWEST_FIRST = Ordering("newest", ("id",), descending=True)


EmailStatus = Literal["waiting", "sent", "failed", "no_verified_address"]


class NoticeItem(TypedDict):
    """A notice as its person sees it."""

    id: int
    subject: str
    text: str
    link: str
    scheduled_at: datetime | None
    sent_at: datetime
    emailed_at: datetime | None
    email_status: EmailStatus
    seen_at: datetime | None


class NoSuchNotice(NotThere):
    said = "You have no notice with this id."


def notices(user_id: int) -> Rows:
    """A person's own notices."""
    rows: Rows = Notice.objects.filter(user=user_id).values(
        *("id", "subject", "text", "link", "scheduled_at", "sent_at", "seen_at"),
        emailed_at=models.F("done_at"),
        email_status=models.Case(
            models.When(done_at__isnull=False, then=models.Value("sent")),
            models.When(dead_at__isnull=False, then=models.Value("failed")),
            models.When(next_attempt_at__isnull=False, then=models.Value("waiting")),
            default=models.Value("no_verified_address"),
        ),
    )
    return rows


def notice_item(row: Row) -> NoticeItem:
    """One of those rows, as its person sees it: its link leads there from anywhere."""
    return {
        "id": row["id"],
        "subject": row["subject"],
        "text": row["text"],
        "link": full_link(row["link"]),
        "scheduled_at": row["scheduled_at"],
        "sent_at": row["sent_at"],
        "emailed_at": row["emailed_at"],
        "email_status": row["email_status"],
        "seen_at": row["seen_at"],
    }


def full_link(link: str) -> str:
    """The whole address of a path of this API; an empty path gives an empty address."""
    return f"{settings.PUBLIC_URL}{link}" if link else ""


def notice(*, user_id: int, notice_id: int) -> NoticeItem:
    """One of a person's own notices. Raises NoSuchNotice."""
    row: Row | None = notices(user_id).filter(pk=notice_id).first()
    if row is None:
        raise NoSuchNotice
    return notice_item(row)
