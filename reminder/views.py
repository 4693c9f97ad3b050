from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.browsable import Button
from netflix.api.conditions import conditional
from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.api.views import StrictView
from netflix.hot.steps import Read
from netflix.hot.views import ConditionalReadView, OwnListView, ReadView
from reminder import services
from reminder.lists import REMINDER, WATCHED, ReminderList, WatchedList
from reminder.models import Reminder, Watched
from reminder.serializers import (
    ReminderQuerySerializer,
    ReminderSerializer,
    ReminderWriteSerializer,
    WatchedSerializer,
    WatchedWriteSerializer,
)


def reminder_button(movie: Mapping[str, Any]) -> Button:
    """The button on the page of a film, given its details."""
    if movie.get("reminder"):
        return Button("Remove the reminder", "DELETE", "reminder")
    return Button("Remind me", "PUT", "reminder")


def watched_button(movie: Mapping[str, Any]) -> Button:
    """The button on the page of a film, given its details."""
    return Button("Watched again" if movie.get("watched") else "Watched", "PUT", "watched")


@extend_schema_view(
    get=extend_schema(
        operation_id="list_reminders", parameters=[ReminderQuerySerializer], responses=ReminderSerializer(many=True)
    )
)
class ReminderListView(OwnListView):
    """The films I want to be reminded of."""

    name = "My reminders"
    serializer_class = ReminderSerializer
    query_serializer_class = ReminderQuerySerializer
    queryset = Reminder.objects.none()
    reads: ClassVar[Mapping[str, Read]] = {"get": ReminderList().read}


class ListEntryView(ConditionalReadView, ReadView):
    """A film on one of my lists."""

    permission_classes = [IsAuthenticated]

    def lock(self, request: Request, *, movie_id: int) -> None:  # type: ignore[override]
        services.lock_lists(user_id=viewer_id(request), movie_id=movie_id)

    def put_entry(self, request: Request, movie_id: int, write: Callable[..., bool]) -> Response:
        facts = self.validated(request)
        with transaction.atomic():  # the entry cannot be removed before it is read
            created = write(user_id=viewer_id(request), movie_id=movie_id, **facts)
            content = self.content(request, movie_id=movie_id)
        return Response(content.data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


@extend_schema_view(
    get=extend_schema(operation_id="reminder", responses=ReminderSerializer),
    put=extend_schema(operation_id="set_reminder", responses={200: ReminderSerializer, 201: ReminderSerializer}),
    delete=extend_schema(operation_id="remove_reminder", responses={204: None}),
)
class ReminderView(ListEntryView):
    """A film on my reminder list: put it there, say when to be told, take it off."""

    serializer_class = ReminderWriteSerializer
    reads: ClassVar[Mapping[str, Read]] = {"get": REMINDER.read}

    @conditional
    def put(self, request: Request, movie_id: int) -> Response:
        return self.put_entry(request, movie_id, services.set_reminder)

    @conditional
    def delete(self, request: Request, movie_id: int) -> Response:
        services.remove_reminder(user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(get=extend_schema(operation_id="list_watched", responses=WatchedSerializer(many=True)))
class WatchedListView(OwnListView):
    """The films I have watched, the latest first."""

    name = "Films I have watched"
    serializer_class = WatchedSerializer
    queryset = Watched.objects.none()
    reads: ClassVar[Mapping[str, Read]] = {"get": WatchedList().read}


@extend_schema_view(
    get=extend_schema(operation_id="watched", responses=WatchedSerializer),
    put=extend_schema(operation_id="set_watched", responses={200: WatchedSerializer, 201: WatchedSerializer}),
    delete=extend_schema(operation_id="remove_watched", responses={204: None}),
)
class WatchedView(ListEntryView):
    """A film I have watched: note when, as often as I do, or forget it.

    Noting it closes my reminder, but none that was made after the viewing. A reminder whose time is still to come is
    closed only if I watch the film now.
    """

    serializer_class = WatchedWriteSerializer
    reads: ClassVar[Mapping[str, Read]] = {"get": WATCHED.read}

    @conditional
    def put(self, request: Request, movie_id: int) -> Response:
        return self.put_entry(request, movie_id, services.record_viewing)

    @conditional
    def delete(self, request: Request, movie_id: int) -> Response:
        services.remove_watched(user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PlayView(StrictView):
    """One of the times that I have watched a film."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(operation_id="remove_play", responses={204: None})
    def delete(self, request: Request, movie_id: int, play_id: int) -> Response:
        """Take one viewing back, by its id among the film's `plays`. With the last one the film is off my list."""
        services.remove_viewing(user_id=viewer_id(request), movie_id=movie_id, play_id=play_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
