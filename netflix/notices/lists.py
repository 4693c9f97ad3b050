"""Reads of notices, as prepared statements."""

from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest

from netflix.api.pagination import Ordering
from netflix.hot.compiled import Parameter
from netflix.hot.lists import Filters, KeysetList
from netflix.hot.pages import row_json, timestamp_json
from netflix.hot.statements import Query, Statement
from netflix.hot.steps import Content
from netflix.notices.models import Notice

_NOTICE = row_json(
    f"""
    page.id, page.subject, page.text,
    CASE page.link WHEN '' THEN '' ELSE %(public_url)s::text || page.link END AS link,
    {timestamp_json("page.scheduled_at")} AS scheduled_at, {timestamp_json("page.sent_at")} AS sent_at,
    {timestamp_json("page.done_at")} AS emailed_at,
    CASE WHEN page.done_at IS NOT NULL THEN 'sent' WHEN page.dead_at IS NOT NULL THEN 'failed'
         WHEN page.next_attempt_at IS NOT NULL THEN 'waiting' ELSE 'no_verified_address' END AS email_status,
    {timestamp_json("page.seen_at")} AS seen_at
    """
)


class NoticeList(KeysetList):
    """A viewer's own notices, the newest first."""

    ordering = Ordering("newest", ("id",), descending=True)
    columns = (
        "id", "subject", "text", "link", "scheduled_at", "sent_at", "done_at", "dead_at", "next_attempt_at", "seen_at",
    )  # fmt: skip
    json = _NOTICE

    def rows(self, filters: Filters) -> models.QuerySet[Any]:  # has no filters
        return Notice.objects.filter(user=Parameter("viewer_id"))

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        return {"viewer_id": viewer_id, "public_url": settings.PUBLIC_URL}


_NOTICE_BY_ID = Statement(
    f"""
    SELECT {_NOTICE} FROM notices_notice AS page WHERE page.user_id = %(viewer_id)s AND page.id = %(notice_id)s
    """  # noqa: S608  # no input in it
)


def notice(*, viewer_id: int, notice_id: int) -> Query[Content | None]:
    """Query for one of the viewer's own notices; None if it does not exist."""
    return Query(
        _NOTICE_BY_ID,
        {"viewer_id": viewer_id, "notice_id": notice_id, "public_url": settings.PUBLIC_URL},
        Content.from_rows,
    )
