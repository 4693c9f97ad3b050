"""What the API accepts, and the shapes that its schema promises."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from movies.serializers import MovieSummarySerializer
from netflix.api.serializers import StrictSerializer
from reminder import selectors
from reminder.models import NOTE_LENGTH


class MomentField(serializers.DateTimeField):
    """A date and time that says its zone: without one nobody could tell which moment is meant."""

    default_error_messages = {
        "naive": "Give the time zone too, for example 2026-12-24T20:15:00+01:00 or 2026-12-24T19:15:00Z."
    }

    def __init__(self, **options: Any) -> None:
        # The browsers' own date fields know no zone.
        super().__init__(style={"input_type": "text", "placeholder": "2026-12-24T20:15:00+01:00"}, **options)

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("naive")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            self.fail("overflow")


class ReminderWriteSerializer(StrictSerializer):
    """When to be told, and a note to oneself."""

    remind_at = MomentField(
        required=False, allow_null=True, help_text="When to be told, with time zone; never without it."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class ReminderSerializer(serializers.Serializer):
    movie = MovieSummarySerializer()
    note = serializers.CharField()
    remind_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When you were told; see `notices/`.")
    created_at = serializers.DateTimeField()


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

    watched_at = MomentField(
        required=False,
        allow_null=True,
        help_text="When, with time zone; now without it. Sending the same time again changes nothing.",
    )

    def validate_watched_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value > timezone.now():
            raise serializers.ValidationError("Nobody has watched anything in the future yet.", code="future")
        return value


class WatchedSerializer(serializers.Serializer):
    movie = MovieSummarySerializer()
    times = serializers.IntegerField()
    last_watched_at = serializers.DateTimeField()
    history = serializers.ListField(
        child=serializers.DateTimeField(), help_text="When, the latest first; at most 50 times."
    )
