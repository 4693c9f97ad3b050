from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from movies import selectors as movie_selectors
from netflix.api.pagination import Ordering
from netflix.api.permissions import viewer_id
from netflix.api.views import StrictView
from reminder import selectors, services
from reminder.models import Reminder, Watched
from reminder.serializers import (
    ReminderQuerySerializer,
    ReminderSerializer,
    ReminderWriteSerializer,
    WatchedSerializer,
    WatchedWriteSerializer,
)


class ReminderListView(StrictView):
    """The films I want to be reminded of."""

    permission_classes = [IsAuthenticated]
    serializer_class = ReminderSerializer
    query_serializer_class = ReminderQuerySerializer
    filter_backends = []
    detail = False
    queryset = Reminder.objects.none()
    ordering: Ordering

    def get_ordering(self) -> Ordering:
        return self.ordering

    @extend_schema(
        operation_id="list_reminders", parameters=[ReminderQuerySerializer], responses=ReminderSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        self.ordering = selectors.REMINDER_ORDERINGS[self.asked(request)["ordering"]]
        page: Any = self.paginate_queryset(selectors.reminders(viewer_id(request)))
        return self.get_paginated_response(list(map(_reminder, page)))


@extend_schema_view(
    get=extend_schema(operation_id="reminder", responses=ReminderSerializer),
    put=extend_schema(operation_id="set_reminder", responses={200: ReminderSerializer, 201: ReminderSerializer}),
    delete=extend_schema(operation_id="remove_reminder", responses={204: None}),
)
class ReminderView(StrictView):
    """A film on my reminder list: put it there, say when to be told, take it off."""

    permission_classes = [IsAuthenticated]
    serializer_class = ReminderWriteSerializer

    def get(self, request: Request, movie_id: int) -> Response:
        mine = _of_movie(selectors.reminder, user_id=viewer_id(request), movie_id=movie_id)
        return Response(_reminder(mine))

    def put(self, request: Request, movie_id: int) -> Response:
        mine = {"user_id": viewer_id(request), "movie_id": movie_id}
        row, created = _of_movie(services.set_reminder, **mine, **self.validated(request))
        return _answer(_reminder(row), created)

    def delete(self, request: Request, movie_id: int) -> Response:
        _of_movie(services.remove_reminder, user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WatchedListView(StrictView):
    """The films I have watched, the latest first."""

    permission_classes = [IsAuthenticated]
    serializer_class = WatchedSerializer
    filter_backends = []
    detail = False
    queryset = Watched.objects.none()

    def get_ordering(self) -> Ordering:
        return selectors.LAST_WATCHED_FIRST

    @extend_schema(operation_id="list_watched", responses=WatchedSerializer(many=True))
    def get(self, request: Request) -> Response:
        page: Any = self.paginate_queryset(selectors.watched(viewer_id(request)))
        return self.get_paginated_response(list(map(_watched, page)))


@extend_schema_view(
    get=extend_schema(operation_id="watched", responses=WatchedSerializer),
    put=extend_schema(operation_id="set_watched", responses={200: WatchedSerializer, 201: WatchedSerializer}),
    delete=extend_schema(operation_id="remove_watched", responses={204: None}),
)
class WatchedView(StrictView):
    """A film I have watched: note when, as often as I do, or forget it. Noting it closes my reminder."""

    permission_classes = [IsAuthenticated]
    serializer_class = WatchedWriteSerializer

    def get(self, request: Request, movie_id: int) -> Response:
        mine = _of_movie(selectors.watched_movie, user_id=viewer_id(request), movie_id=movie_id)
        return Response(_watched(mine))

    def put(self, request: Request, movie_id: int) -> Response:
        mine = {"user_id": viewer_id(request), "movie_id": movie_id}
        row, created = _of_movie(services.record_viewing, **mine, **self.validated(request))
        return _answer(_watched(row), created)

    def delete(self, request: Request, movie_id: int) -> Response:
        _of_movie(services.forget_watched, user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _of_movie(call: Callable[..., Any], **named: Any) -> Any:
    try:
        return call(**named)
    except ObjectDoesNotExist as error:
        raise NotFound("There is no such film, or it is not on your list.") from error


def _answer(body: selectors.Row, created: bool) -> Response:
    return Response(body, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


def _reminder(row: selectors.Row) -> selectors.Row:
    own = {name: row[name] for name in ("note", "remind_at", "sent_at", "created_at")}
    return {"movie": movie_selectors.summary(row), **own}


def _watched(row: selectors.Row) -> selectors.Row:
    own = {name: row[name] for name in ("times", "last_watched_at", "history")}
    return {"movie": movie_selectors.summary(row), **own}
