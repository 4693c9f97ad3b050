"""What customers read: the list of their own tickets, and one ticket with details."""

from functools import lru_cache
from typing import Any

from django.db import models
from django.http import HttpRequest, QueryDict
from django.urls import get_script_prefix, reverse

from movies.statements import summary_json, urls_of
from netflix.api.errors import NoSuchObject
from netflix.api.pagination import Ordering
from netflix.api.serializers import validated_query
from netflix.hot.compiled import Parameter
from netflix.hot.lists import Filters, KeysetList, refuse_parameters
from netflix.hot.pages import row_json, timestamp_json
from netflix.hot.statements import Query, Statement
from netflix.hot.steps import Content, Steps
from support.models import Ticket
from support.numbers import normalise_number
from support.selectors import MAX_SHOWN
from support.serializers import TicketQuerySerializer

_SUMMARY = f"""
    page.number, page.status, page.subject, page.category, {summary_json("page.movie_id")} AS movie,
    {timestamp_json("page.created_at")} AS created_at
"""
_REPLY = row_json(f"reply.by, reply.text, {timestamp_json('reply.created_at')} AS created_at")
_EVENT = row_json(f"{timestamp_json('event.at')} AS at, event.by, event.from_status, event.to_status")
_ATTACHMENT = row_json(
    "attachment.name, attachment.size, "
    "%(tickets_url)s::text || page.number || '/attachments/' || attachment.key || '/' AS url, "
    f"{timestamp_json('reply.created_at')} AS created_at"
)
_ORDER = row_json(
    f"service.number, {timestamp_json('service.opened_at')} AS opened_at",
    "FROM support_serviceorder AS service WHERE service.ticket_id = page.id",
)
_RATING = row_json(
    f"page.score, page.score_comment AS comment, {timestamp_json('page.scored_at')} AS scored_at",
    "WHERE page.score <> ''",
)
_DETAILS = f"""
    {_SUMMARY}, page.message,
    ARRAY(SELECT {_REPLY} FROM (
        SELECT * FROM support_reply WHERE ticket_id = page.id AND NOT private ORDER BY id DESC LIMIT {MAX_SHOWN}
    ) AS reply ORDER BY reply.id) AS replies,
    ARRAY(
        SELECT {_ATTACHMENT} FROM support_attachment AS attachment JOIN support_reply AS reply
            ON reply.id = attachment.reply_id
         WHERE reply.ticket_id = page.id AND NOT reply.private ORDER BY attachment.id
    ) AS attachments,
    ARRAY(SELECT {_EVENT} FROM (
        SELECT * FROM support_event WHERE ticket_id = page.id ORDER BY position DESC LIMIT {MAX_SHOWN}
    ) AS event ORDER BY event.position) AS timeline,
    {_ORDER} AS service_order,
    {_RATING} AS rating
"""  # noqa: S608  # made of our own parts
_SUMMARY_STATEMENT, _DETAILS_STATEMENT = (
    Statement(
        f"""
        SELECT {row_json(columns)} FROM support_ticket AS page
         WHERE page.user_id = %(viewer_id)s AND page.number = %(number)s
        """  # noqa: S608  # made of our own parts
    )
    for columns in (_SUMMARY, _DETAILS)
)


class NoSuchTicket(NoSuchObject):
    message = "You have no ticket with this number."


class TicketList(KeysetList):
    """A customer's own tickets, optionally of one status, newest first."""

    parameters = tuple(TicketQuerySerializer().fields)
    ordering = Ordering("newest", ("id",), descending=True)
    columns = ("number", "status", "subject", "category", "movie_id", "created_at")
    json = row_json(_SUMMARY)

    def parse(self, query: QueryDict) -> tuple[Filters, Ordering]:
        return {name: [value] for name, value in validated_query(TicketQuerySerializer, query).items()}, self.ordering

    def rows(self, filters: Filters) -> models.QuerySet[Any]:
        own = Ticket.objects.filter(user=Parameter("viewer_id"))
        return own.filter(status=filters["status"][0]) if "status" in filters else own

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        return {"viewer_id": viewer_id, **urls_of(request)}


def read_ticket(request: HttpRequest, viewer_id: int, *, number: str) -> Steps[Content]:
    """A customer's own ticket with its replies and timeline. Raises NoSuchTicket, ValidationError."""
    refuse_parameters(request)
    content: Content | None = yield ticket(request, viewer_id, number, details=True)
    if content is None:
        raise NoSuchTicket
    return content


def ticket(request: HttpRequest, viewer_id: int, number: str, *, details: bool) -> Query[Content | None]:
    """Query for a customer's own ticket, as in the list or with details; its result is None if there is no such one."""
    values = {"viewer_id": viewer_id, "number": normalise_number(number), **urls_of(request)}
    if details:
        values["tickets_url"] = f"{request.scheme}://{request.get_host()}{_path(get_script_prefix())}"
    return Query(_DETAILS_STATEMENT if details else _SUMMARY_STATEMENT, values, Content.from_rows)


@lru_cache
def _path(script_prefix: str) -> str:  # part of the cache key: `reverse` depends on it
    return reverse("ticket-list")
