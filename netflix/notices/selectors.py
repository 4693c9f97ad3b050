"""What may be read of notices."""

from typing import Any

from django.db import models

from netflix.api.pagination import Ordering
from netflix.notices.models import Notice

Row = dict[str, Any]
Rows = models.QuerySet[Any, Any]  # of Row

NEWEST_FIRST = Ordering("newest", ("id",), descending=True)
COLUMNS = ("id", "subject", "text", "link", "scheduled_at", "sent_at", "seen_at")


def notices(user_id: int) -> Rows:
    """A person's own notices."""
    rows: Rows = Notice.objects.filter(user=user_id).values(*COLUMNS, emailed_at=models.F("done_at"))
    return rows


def notice(*, user_id: int, notice_id: int) -> Row:
    """One of a person's own notices. Raises Notice.DoesNotExist."""
    row: Row = notices(user_id).get(pk=notice_id)
    return row
