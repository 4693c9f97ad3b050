"""Validation of input, and the shapes of answers for the schema."""

from django.core.files.uploadedfile import UploadedFile
from django.db.models import TextChoices
from rest_framework import serializers

from movies.serializers import MovieSummarySerializer
from netflix.api.newlines import MultilineField
from netflix.api.schema import ProblemSerializer
from netflix.api.serializers import StrictSerializer
from support.attachments import CheckedFile, FileRefused, check
from support.models import COMMENT_LENGTH, MESSAGE_LENGTH, SUBJECT_LENGTH, Author, Category, Score
from support.states import Status

_MAX_ID = 2**63 - 1


def _choice(choices: type[TextChoices], noun: str, help_text: str, *, required: bool = True) -> serializers.ChoiceField:
    allowed = f"{{input}} is not a {noun}. Allowed: {', '.join(choices.values)}."
    return serializers.ChoiceField(
        choices.choices, required=required, help_text=help_text, error_messages={"invalid_choice": allowed}
    )


class TicketWriteSerializer(StrictSerializer):
    """A new ticket."""

    subject = MultilineField(max_length=SUBJECT_LENGTH, help_text="What it is about, in one line.")
    message = MultilineField(
        max_length=MESSAGE_LENGTH,
        style={"base_template": "textarea.html"},
        help_text="What happens, and what you tried.",
    )
    category = _choice(Category, "category", "Which kind of trouble it is.")
    movie = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=_MAX_ID,
        help_text="The id of the film it is about, if it is about one.",
    )


class ReplyWriteSerializer(StrictSerializer):
    """A reply to a ticket."""

    text = MultilineField(
        max_length=MESSAGE_LENGTH, style={"base_template": "textarea.html"}, help_text="What you want to add."
    )


class AttachmentWriteSerializer(StrictSerializer):
    """A file for a ticket."""

    file = serializers.FileField(
        allow_empty_file=True,  # `check` says so in its own words
        help_text="A png, jpg, pdf or UTF-8 txt of at most 5 MB. Its content has to be what its name says.",
    )

    def validate_file(self, file: UploadedFile) -> CheckedFile:
        try:
            return check(file)
        except FileRefused as error:
            raise serializers.ValidationError(str(error), code="file_refused") from error


class RatingWriteSerializer(StrictSerializer):
    """What a customer thinks of the help that they got."""

    score = _choice(Score, "score", "Whether technical support was of help.")
    comment = MultilineField(
        max_length=COMMENT_LENGTH,
        required=False,
        allow_blank=True,
        style={"base_template": "textarea.html"},
        help_text="What was good or bad about it. Agents read it.",
    )


class TicketQuerySerializer(serializers.Serializer):
    status = _choice(Status, "status", "Only tickets of this status.", required=False)


class TicketSummarySerializer(serializers.Serializer):
    number = serializers.CharField(help_text="Quote it when you talk to technical support.")
    status = serializers.ChoiceField(Status.choices, help_text="What has become of it.")
    subject = serializers.CharField(help_text="What it is about, in one line.")
    category = serializers.ChoiceField(Category.choices, help_text="Which kind of trouble it is.")
    movie = MovieSummarySerializer(allow_null=True, help_text="The film it is about, if it is about one.")
    created_at = serializers.DateTimeField(help_text="When you opened it.")


class ReplySerializer(serializers.Serializer):
    by = serializers.ChoiceField(Author.choices, help_text="Who wrote it.")
    text = serializers.CharField(help_text="What they wrote.")
    created_at = serializers.DateTimeField(help_text="When they wrote it.")


class AttachmentSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="The name that the sender gave the file.")
    size = serializers.IntegerField(help_text="In bytes.")
    url = serializers.URLField(help_text="Where to download it, with the login of the ticket's customer.")
    created_at = serializers.DateTimeField(help_text="When it was sent.")


class EventSerializer(serializers.Serializer):
    at = serializers.DateTimeField(help_text="When it happened.")
    by = serializers.ChoiceField(Author.choices, help_text="Who did it.")
    from_status = serializers.ChoiceField(Status.choices, allow_null=True, help_text="Null when the ticket was opened.")
    to_status = serializers.ChoiceField(Status.choices, help_text="The status from then on.")


class ServiceOrderSerializer(serializers.Serializer):
    number = serializers.CharField(help_text="Technical support's own number for the work.")
    opened_at = serializers.DateTimeField(help_text="When technical support opened it.")


class RatingSerializer(serializers.Serializer):
    score = serializers.ChoiceField(Score.choices, help_text="Whether technical support was of help.")
    comment = serializers.CharField(allow_blank=True, help_text="What was good or bad about it.")
    scored_at = serializers.DateTimeField(help_text="When you last said so.")


class TicketSerializer(TicketSummarySerializer):
    message = serializers.CharField(help_text="What you wrote when you opened it.")
    replies = ReplySerializer(many=True, help_text="What was said, the latest last; at most the last 200.")
    attachments = AttachmentSerializer(many=True, help_text="The files that came with replies, the latest last.")
    timeline = EventSerializer(
        many=True, help_text="What became of it, the latest last; at most the last 200 changes of its status."
    )
    service_order = ServiceOrderSerializer(
        allow_null=True, help_text="Null until technical support has opened it, moments after the ticket."
    )
    rating = RatingSerializer(allow_null=True, help_text="What you think of the help; null until you say so.")


class MoveRefusedProblemSerializer(ProblemSerializer):
    """Problem details, RFC 9457, of a ticket whose status cannot change in this way."""

    allowed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With `move_not_allowed`: what the ticket can become."
    )
