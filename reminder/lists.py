"""Reads of the reminder list and the watched list, and of a single film on either."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpRequest, QueryDict

from movies.rows import ListWithMovies
from movies.statements import summary_json, urls_of
from netflix.api.pagination import Ordering
from netflix.api.serializers import validated_query
from netflix.hot.compiled import Parameter
from netflix.hot.lists import Filters, PageRequest, refuse_parameters
from netflix.hot.pages import row_json, timestamp_json
from netflix.hot.statements import Query, Statement, fits_bigint
from netflix.hot.steps import Content, Read, Steps
from reminder import selectors
from reminder.models import Reminder, Watched, due
from reminder.serializers import ReminderQuerySerializer

_MAX_VIEWINGS_SHOWN = 50  # most viewings shown of one film; all are stored

_REMINDER = f"""
    page.note, {timestamp_json("page.remind_at")} AS remind_at, {timestamp_json("page.sent_at")} AS sent_at,
    {timestamp_json("page.created_at")} AS created_at
"""
_LATEST = f"""
    ARRAY(SELECT %s FROM reminder_viewing AS viewing WHERE viewing.watched_id = page.id
           ORDER BY watched_at DESC LIMIT {_MAX_VIEWINGS_SHOWN})
"""  # noqa: S608  # made of our own parts
_TIME = timestamp_json("viewing.watched_at")
_WATCHED = f"""
    (SELECT count(*) FROM reminder_viewing WHERE watched_id = page.id) AS times,
    {timestamp_json("page.last_watched_at")} AS last_watched_at,
    {_LATEST % _TIME} AS history,
    {_LATEST % row_json(f"viewing.id, {_TIME} AS watched_at")} AS plays
"""  # noqa: S608  # made of our own parts


class _OwnMovies(ListWithMovies):
    """The films on one of a viewer's lists. `entry` is SQL for the members of a row besides `movie`."""

    is_nested = True
    model: type[models.Model]
    entry: str

    def rows(self, filters: Filters) -> models.QuerySet[Any]:  # there are no filters
        rows: models.QuerySet[Any] = self.model._default_manager.filter(user=Parameter("viewer_id"))
        return rows

    def columns_and_json(self, page_request: PageRequest) -> tuple[Sequence[str], str]:
        return self.columns, row_json(f"{self.entry}, {self.movie_json(page_request)} AS movie")


class ReminderList(_OwnMovies):
    """The films a viewer wants to be reminded of."""

    parameters = tuple(ReminderQuerySerializer().fields)
    model = Reminder
    columns = ("movie_id", "note", "remind_at", "sent_at", "created_at")
    entry = _REMINDER

    def parse(self, query: QueryDict) -> tuple[Filters, Ordering]:
        return {}, selectors.REMINDER_ORDERINGS[validated_query(ReminderQuerySerializer, query)["ordering"]]

    def rows(self, filters: Filters) -> models.QuerySet[Any]:
        reminders: models.QuerySet[Any] = super().rows(filters).annotate(_due=due())
        return reminders


class WatchedList(_OwnMovies):
    """The films a viewer has watched, last watched first, with their viewings."""

    ordering = selectors.LAST_WATCHED_FIRST
    model = Watched
    columns = ("id", "movie_id", "last_watched_at")
    entry = _WATCHED


def _read_entry(entry: str, table: str) -> Read:
    """The read of a single film on one of the lists."""
    json = row_json(f"{entry}, {summary_json('page.movie_id')} AS movie")
    statement = Statement(
        f"SELECT {json} FROM {table} AS page WHERE user_id = %(viewer_id)s AND movie_id = %(movie_id)s"  # noqa: S608
    )

    def read(request: HttpRequest, viewer_id: int | None, *, movie_id: int) -> Steps[Content]:
        """Raises NotOnTheList, ValidationError."""
        refuse_parameters(request)
        values = {"viewer_id": viewer_id, "movie_id": movie_id, **urls_of(request)}
        content: Content | None = (yield Query(statement, values, Content.from_rows)) if fits_bigint(movie_id) else None
        if content is None:
            raise selectors.NotOnTheList
        return content

    return read


read_reminder = _read_entry(_REMINDER, "reminder_reminder")
read_watched = _read_entry(_WATCHED, "reminder_watched")
