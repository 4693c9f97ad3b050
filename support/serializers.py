"""Validation of input, and the shapes of answers for the schema."""

from django.db.models import TextChoices
from rest_framework import serializers

from movies.serializers import MovieSummarySerializer
from netflix.api.newlines import LinesField
from netflix.api.schema import ProblemSerializer
from netflix.api.serializers import StrictSerializer
from support.models import MESSAGE_LENGTH, SUBJECT_LENGTH, Author, Category
from support.states import Status

_LARGEST_ID = 2**63 - 1


def _choice(choices: type[TextChoices], noun: str, *, required: bool = True) -> serializers.ChoiceField:
    allowed = f"{{input}} is not a {noun}. Allowed: {', '.join(choices.values)}."
    return serializers.ChoiceField(choices.choices, required=required, error_messages={"invalid_choice": allowed})


class TicketWriteSerializer(StrictSerializer):
    """A new ticket."""

    subject = LinesField(max_length=SUBJECT_LENGTH)
    message = LinesField(max_length=MESSAGE_LENGTH, style={"base_template": "textarea.html"})
    category = _choice(Category, "category")
    movie = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=_LARGEST_ID,
        help_text="The id of the film it is about, if it is about one.",
    )


class ReplyWriteSerializer(StrictSerializer):
    """A reply to a ticket."""

    text = LinesField(max_length=MESSAGE_LENGTH, style={"base_template": "textarea.html"})


class TicketQuerySerializer(serializers.Serializer):
    status = _choice(Status, "status", required=False)


class TicketSummarySerializer(serializers.Serializer):
    number = serializers.CharField(help_text="Small letters and missing dashes are understood too.")
    status = serializers.ChoiceField(Status.choices)
    subject = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)
    movie = MovieSummarySerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ReplySerializer(serializers.Serializer):
    by = serializers.ChoiceField(Author.choices)
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class EventSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    by = serializers.ChoiceField(Author.choices)
    from_status = serializers.ChoiceField(Status.choices, allow_null=True)
    to_status = serializers.ChoiceField(Status.choices)


class ServiceOrderSerializer(serializers.Serializer):
    number = serializers.CharField()
    opened_at = serializers.DateTimeField()


class TicketSerializer(TicketSummarySerializer):
    message = serializers.CharField()
    replies = ReplySerializer(many=True, help_text="What was said, the latest last; at most the last 200.")
    timeline = EventSerializer(many=True, help_text="What became of it, the latest last; at most the last 200 moves.")
    service_order = ServiceOrderSerializer(
        allow_null=True, help_text="Null until technical support has opened it, moments after the ticket."
    )


class MoveRefusedProblemSerializer(ProblemSerializer):
    """Problem details, RFC 9457, of a ticket that cannot be moved on."""

    allowed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With `move_not_allowed`: what the ticket can become."
    )
