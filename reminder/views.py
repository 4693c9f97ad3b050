from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from movies.entries import BulkPutMixin, Entry, EntryResultsSerializer
from movies.rows import MoviesPagination
from netflix.api.browsable import Button
from netflix.api.conditions import conditional
from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.api.views import StrictView
from netflix.hot.steps import Read
from netflix.hot.views import ConditionalReadView, OwnListView, ReadView
from reminder import services
from reminder.lists import read_reminder, read_watched
from reminder.models import Reminder, Watched
from reminder.serializers import (
    ManyWatchedSerializer,
    ReminderQuerySerializer,
    ReminderSerializer,
    RemindersSerializer,
    ReminderWriteSerializer,
    WatchedSerializer,
    WatchedWriteSerializer,
)
from reminder.services import ListChange, NewReminder, NewViewing


def _outcomes(changes: Sequence[ListChange | None]) -> list[str | None]:
    return [None if change is None else change.value for change in changes]


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
        operation_id="list_reminders",
        summary="List your reminders",
        description="The newest first, or with `ordering=remind_at` those that are due first.",
        parameters=[ReminderQuerySerializer],
        responses=ReminderSerializer(many=True),
    ),
    put=extend_schema(
        operation_id="set_reminders",
        summary="Put many films on your reminder list",
        description="Up to 1,000 entries in one transaction, each as in a PUT of one film. `results` says in the same "
        "order what became of each.",
        request=RemindersSerializer,
        responses=EntryResultsSerializer,
    ),
)
class ReminderListView(BulkPutMixin, OwnListView):
    """The films I want to be reminded of. PUT sets up to 1,000 reminders at once."""

    name = "My reminders"
    entries_serializer_class = RemindersSerializer
    serializer_class = ReminderSerializer
    query_serializer_class = ReminderQuerySerializer
    pagination_class = MoviesPagination
    queryset = Reminder.objects.none()

    def bulk_write(self, user_id: int, entries: Sequence[Entry]) -> list[str | None]:
        new = [NewReminder(entry["movie"], entry.get("remind_at"), entry.get("note", "")) for entry in entries]
        return _outcomes(services.set_reminders(user_id=user_id, reminders=new))


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
    get=extend_schema(
        operation_id="reminder",
        summary="Get one of your reminders",
        description="It is a 404 if the film is not on your reminder list.",
        responses=ReminderSerializer,
    ),
    put=extend_schema(
        operation_id="set_reminder",
        summary="Put a film on your reminder list",
        description="At `remind_at` you get a notice and an e-mail, once; without it the film is only on the list. If "
        "it is there already, the entry is replaced: what the request leaves out is cleared.",
        responses={200: ReminderSerializer, 201: ReminderSerializer},
    ),
    delete=extend_schema(
        operation_id="remove_reminder",
        summary="Take a film off your reminder list",
        description="You are not reminded of it any more. The answer is the same if it was not on the list.",
        responses={204: None},
    ),
)
class ReminderView(ListEntryView):
    """A film on my reminder list: put it there, say when to be told, take it off."""

    serializer_class = ReminderWriteSerializer
    reads: ClassVar[Mapping[str, Read]] = {"get": read_reminder}

    @conditional
    def put(self, request: Request, movie_id: int) -> Response:
        return self.put_entry(request, movie_id, services.set_reminder)

    @conditional
    def delete(self, request: Request, movie_id: int) -> Response:
        services.remove_reminder(user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    get=extend_schema(
        operation_id="list_watched",
        summary="List the films that you have watched",
        description="Each once, however often you watched it. The film that you watched last comes first.",
        responses=WatchedSerializer(many=True),
    ),
    put=extend_schema(
        operation_id="watch_many",
        summary="Record many viewings at once",
        description="Up to 1,000 viewings in one transaction, such as those of another service. `results` says in the "
        "same order what became of each.",
        request=ManyWatchedSerializer,
        responses=EntryResultsSerializer,
    ),
)
class WatchedListView(BulkPutMixin, OwnListView):
    """The films I have watched, the latest first. PUT records up to 1,000 viewings at once."""

    name = "Films I have watched"
    entries_serializer_class = ManyWatchedSerializer
    serializer_class = WatchedSerializer
    pagination_class = MoviesPagination
    queryset = Watched.objects.none()

    def bulk_write(self, user_id: int, entries: Sequence[Entry]) -> list[str | None]:
        new = [NewViewing(entry["movie"], entry.get("watched_at")) for entry in entries]
        return _outcomes(services.record_viewings(user_id=user_id, viewings=new))


@extend_schema_view(
    get=extend_schema(
        operation_id="watched",
        summary="Get when you watched a film",
        description="It is a 404 if you have not watched the film.",
        responses=WatchedSerializer,
    ),
    put=extend_schema(
        operation_id="set_watched",
        summary="Record that you watched a film",
        description="`watched_at` is when you watched it; without it, now. Each time is a viewing of its own, but now "
        "within ten minutes of the last viewing is the same one. Your reminder of the film is removed if you made it "
        "before the viewing; but if it is not due yet, only if you watch the film now.",
        responses={200: WatchedSerializer, 201: WatchedSerializer},
    ),
    delete=extend_schema(
        operation_id="remove_watched",
        summary="Forget that you watched a film",
        description="All its viewings are removed. The answer is the same if there were none.",
        responses={204: None},
    ),
)
class WatchedView(ListEntryView):
    """A film I have watched: record when, as often as I do, or forget it.

    Recording it deletes my reminder, but none that was made after the viewing. A reminder whose time is still to come
    is deleted only if I watch the film now.
    """

    serializer_class = WatchedWriteSerializer
    reads: ClassVar[Mapping[str, Read]] = {"get": read_watched}

    @conditional
    def put(self, request: Request, movie_id: int) -> Response:
        return self.put_entry(request, movie_id, services.record_viewing)

    @conditional
    def delete(self, request: Request, movie_id: int) -> Response:
        services.remove_watched(user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ViewingView(StrictView):
    """One of the times that I have watched a film."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(operation_id="remove_play", summary="Remove one viewing", responses={204: None})
    def delete(self, request: Request, movie_id: int, play_id: int) -> Response:
        """With the last viewing the film leaves the list. A reminder that it had removed does not come back."""
        services.remove_viewing(user_id=viewer_id(request), movie_id=movie_id, play_id=play_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
