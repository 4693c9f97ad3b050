"""Validation of input, and the shapes of answers for the schema."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from movies.entries import EntrySerializer, entries
from movies.limits import FIRST_YEAR
from movies.serializers import MovieRowSerializer
from netflix.api.newlines import MultilineField
from netflix.api.serializers import StrictSerializer
from reminder import selectors, services
from reminder.models import NOTE_LENGTH


class AwareDateTimeField(serializers.DateTimeField):
    """A date and time that must include its time zone."""

    default_error_messages = {
        "naive": "Give the time zone too, for example 2026-12-24T20:15:00+01:00 or 2026-12-24T19:15:00Z.",
        "before_cinema": f"There were no films before {FIRST_YEAR}. Check the year.",
    }

    def __init__(self, **options: Any) -> None:
        # Not the browser's date and time input, which has no time zone.
        super().__init__(style={"input_type": "text", "placeholder": "2026-12-24T20:15:00+01:00"}, **options)

    def to_internal_value(self, value: Any) -> Any:
        """RFC 3339 allows a lower case T and Z; Python does not."""
        return super().to_internal_value(value.upper() if isinstance(value, str) else value)

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("naive")
        try:
            utc = value.astimezone(UTC)
        except OverflowError:
            self.fail("overflow")
        if utc.year < FIRST_YEAR:
            self.fail("before_cinema")
        return utc


class ReminderWriteSerializer(StrictSerializer):
    """When to be notified, and a note to oneself."""

    remind_at = AwareDateTimeField(
        required=False, allow_null=True, help_text="When to be told, with time zone; never without it."
    )
    note = MultilineField(
        required=False, allow_blank=True, max_length=NOTE_LENGTH, help_text="For yourself; it is in the e-mail too."
    )


class ReminderEntrySerializer(EntrySerializer, ReminderWriteSerializer):
    pass


class RemindersSerializer(StrictSerializer):
    """Films to be reminded of."""

    entries = entries(ReminderEntrySerializer, "The films to put on the list, at most 1,000.")


class ReminderSerializer(serializers.Serializer):
    movie = MovieRowSerializer(help_text="The film to be reminded of.")
    note = serializers.CharField(help_text="Your own note; may be empty.")
    remind_at = serializers.DateTimeField(allow_null=True, help_text="When you want to be told, if you do.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When you were told; see `notices/`.")
    created_at = serializers.DateTimeField(help_text="When you put the film on the list.")


class ReminderQuerySerializer(serializers.Serializer):
    ordering = serializers.ChoiceField(
        tuple(selectors.REMINDER_ORDERINGS),
        required=False,
        default="-created_at",
        error_messages={
            "invalid_choice": f"{{input}} is not an ordering. Allowed: {', '.join(selectors.REMINDER_ORDERINGS)}."
        },
        help_text="Newest first without it; `remind_at` begins with what is due first.",
    )


class WatchedWriteSerializer(StrictSerializer):
    """When a film was watched."""

    watched_at = AwareDateTimeField(
        required=False,
        allow_null=True,
        help_text="When, with time zone; now without it, or if it is up to a minute ahead of our clock. Sending the "
        "same time again changes nothing.",
    )

    def validate_watched_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value > timezone.now() + services.CLOCK_DIFFERENCE:
            raise serializers.ValidationError("Nobody has watched anything in the future yet.", code="future")
        return value


class WatchedEntrySerializer(EntrySerializer, WatchedWriteSerializer):
    pass


class ManyWatchedSerializer(StrictSerializer):
    """Films that were watched."""

    entries = entries(WatchedEntrySerializer, "The viewings, at most 1,000.")


class PlaySerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="For `DELETE watched/{movie_id}/{id}/`.")
    watched_at = serializers.DateTimeField(help_text="When you watched the film.")


class WatchedSerializer(serializers.Serializer):
    movie = MovieRowSerializer(help_text="The film that you have watched.")
    times = serializers.IntegerField(help_text="How often you have watched it.")
    last_watched_at = serializers.DateTimeField(help_text="When you watched it last.")
    history = serializers.ListField(
        child=serializers.DateTimeField(), help_text="When, the latest first; at most 50 times."
    )
    plays = PlaySerializer(many=True, help_text="The same viewings as in `history`, each with its id.")


class ReminderFactsSerializer(serializers.Serializer):
    remind_at = serializers.DateTimeField(allow_null=True, help_text="When you want to be told, if you do.")
    note = serializers.CharField(help_text="Your own note; may be empty.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When you were told.")


class WatchedFactsSerializer(serializers.Serializer):
    times = serializers.IntegerField(help_text="How often you have watched it.")
    last_watched_at = serializers.DateTimeField(help_text="When you watched it last.")


class ViewerFactsSerializer(serializers.Serializer):
    """What both lists add to a film's details for a viewer."""

    reminder = ReminderFactsSerializer(
        required=False, allow_null=True, help_text="Your reminder of it, if there is one; only with a login."
    )
    watched = WatchedFactsSerializer(
        required=False, allow_null=True, help_text="How often you have watched it, if you have; only with a login."
    )
