from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Least, Now

from netflix.outbox.models import OutboxEntry
from support.numbers import KEY_LENGTH, new_key, new_number
from support.numbers import LENGTH as NUMBER_LENGTH
from support.states import ACTIVE_STATUSES, AWAITING_SUPPORT, TRANSITIONS, Status

SUBJECT_LENGTH = 200
MESSAGE_LENGTH = 10_000
FILE_NAME_LENGTH = 150
COMMENT_LENGTH = 1_000


class Category(models.TextChoices):
    PLAYBACK = "playback", "playback"
    ACCOUNT = "account", "account"
    BILLING = "billing", "billing"
    CATALOGUE = "catalogue", "catalogue"
    OTHER = "other", "other"


class Score(models.TextChoices):
    """Only two values, so that their meaning is clear and the share of good ratings is one number."""

    GOOD = "good", "good"
    BAD = "bad", "bad"


class Author(models.TextChoices):
    """Who acted: the ticket's customer, an agent (whom the column `agent` names), or the system."""

    CUSTOMER = "customer", "customer"
    TECHNICAL_SUPPORT = "technical_support", "technical support"
    SYSTEM = "system", "system"


def _agent() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )


def _only_agents_are_named() -> models.Q:
    return models.Q(agent=None) | models.Q(by=Author.TECHNICAL_SUPPORT)


def _near_before_due(target: str) -> models.CheckConstraint:
    near, due = f"{target}_near", f"{target}_due"
    both = models.Q(**{f"{near}__isnull": False, f"{due}__isnull": False, f"{near}__lte": models.F(due)})
    return models.CheckConstraint(condition=models.Q(**{near: None, due: None}) | both, name=f"ticket_{near}")


class Ticket(OutboxEntry):
    """A customer's request to technical support. It is its own outbox entry, done once its service order is open."""

    number = models.CharField(max_length=NUMBER_LENGTH, unique=True, default=new_number, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name="customer"
    )
    category = models.CharField(max_length=20, choices=Category)
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    message = models.TextField(max_length=MESSAGE_LENGTH)
    movie = models.ForeignKey("movies.Movie", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    moves = models.PositiveIntegerField(
        default=1, editable=False, help_text="The position of the last event in its timeline."
    )
    assignee = _agent()
    created_at = models.DateTimeField(db_default=Now())
    # Set by support/targets.py. The last quarter of the time begins at `..._near`.
    first_answer_near = models.DateTimeField(null=True, blank=True, editable=False)
    first_answer_due = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Null once an agent has answered, or without a target time."
    )
    solution_near = models.DateTimeField(null=True, blank=True, editable=False)
    solution_due = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Postponed while the ticket waits for its customer."
    )
    urgent_from = models.GeneratedField(
        expression=models.Case(
            models.When(status__in=AWAITING_SUPPORT, then=Least("first_answer_near", "solution_near")), default=None
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
        help_text="When it gets near a target.",
    )
    score = models.CharField(max_length=4, choices=Score, blank=True, db_default="", editable=False)
    score_comment = models.TextField(max_length=COMMENT_LENGTH, blank=True, db_default="", editable=False)
    scored_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        # A migration adds a foreign key of three columns: `status` is the `to_status` of the event at position `moves`.
        constraints: ClassVar = [
            *OutboxEntry.Meta.constraints,
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="ticket_status"),
            models.CheckConstraint(condition=models.Q(category__in=Category.values), name="ticket_category"),
            _near_before_due("first_answer"),
            _near_before_due("solution"),
            models.CheckConstraint(
                condition=models.Q(score="", score_comment="", scored_at=None)
                | models.Q(score__in=Score.values, scored_at__isnull=False),
                name="ticket_score",
            ),
        ]
        indexes: ClassVar = [
            *OutboxEntry.Meta.indexes,
            models.Index("user", models.F("id").desc(), name="ticket_newest_first"),
            models.Index("status", "id", name="ticket_at_work", condition=models.Q(status__in=ACTIVE_STATUSES)),
            models.Index("urgent_from", "id", name="ticket_urgent_first"),
        ]

    def __str__(self) -> str:
        return self.number


class TargetTime(models.Model):
    """How soon tickets of a category are to be answered and solved. A category without one has no targets."""

    category = models.CharField(max_length=20, choices=Category, unique=True)
    first_answer_hours = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1)], help_text="From opening the ticket to the first answer, day and night."
    )
    solution_hours = models.PositiveSmallIntegerField(
        help_text="From opening or reopening the ticket to its solution; waiting for the customer does not count."
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(category__in=Category.values), name="target_time_category"),
            models.CheckConstraint(
                condition=models.Q(first_answer_hours__gte=1, solution_hours__gte=models.F("first_answer_hours")),
                name="target_time_order",
                violation_error_message="The solution cannot be due before the first answer.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_category_display()


class ServiceOrder(models.Model):
    """Technical support's work order for a ticket; at most one per ticket."""

    number = models.CharField(max_length=NUMBER_LENGTH, unique=True, default=new_number, editable=False)
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="service_order")
    opened_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.number


class Reply(models.Model):
    """A message from the customer or an agent about a ticket. A private one is a note that only agents see."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="replies", db_index=False)
    by = models.CharField(max_length=20, choices=Author)
    agent = _agent()
    private = models.BooleanField(default=False)
    text = models.TextField(max_length=MESSAGE_LENGTH)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "replies"
        constraints: ClassVar = [
            models.CheckConstraint(condition=_only_agents_are_named(), name="reply_agent"),
            models.CheckConstraint(
                condition=models.Q(private=False) | models.Q(by=Author.TECHNICAL_SUPPORT), name="reply_private"
            ),
        ]
        indexes: ClassVar = [models.Index("ticket", "id", name="reply_of_ticket")]

    def __str__(self) -> str:
        return f"{self.get_by_display()}, {self.created_at:%Y-%m-%d %H:%M}"


class Attachment(models.Model):
    """A file of a reply, for everybody who may see the reply. `support/attachments.py` stores the files."""

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="attachments")
    key = models.CharField(max_length=KEY_LENGTH, unique=True, default=new_key, editable=False)
    name = models.CharField(max_length=FILE_NAME_LENGTH, help_text="The name that the sender gave it.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    stored_as = models.CharField(max_length=200, unique=True, help_text="Its name in the storage.")

    def __str__(self) -> str:
        return self.name


def _allowed_transitions() -> models.Q:
    allowed = models.Q(position=1, from_status=None, to_status=Status.OPEN)
    for status, to in TRANSITIONS.items():
        # `isnull=False` is not redundant: a check constraint accepts null as a result.
        allowed |= models.Q(position__gt=1, from_status__isnull=False, from_status=status, to_status__in=to)
    return allowed


class Event(models.Model):
    """A change of a ticket's status; positions count from 1. The timeline is append-only.

    Constraints, two of them in a migration, let each event start from the status that the one before it led to, allow
    only TRANSITIONS, and make the last event's `to_status` equal the ticket's status.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="timeline", db_index=False)
    position = models.PositiveIntegerField()
    previous_position = models.GeneratedField(
        expression=models.F("position") - 1, output_field=models.IntegerField(), db_persist=True
    )
    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=20, choices=Author)
    agent = _agent()
    from_status = models.CharField(max_length=20, choices=Status, null=True)  # noqa: DJ001  # a foreign key ignores null
    to_status = models.CharField(max_length=20, choices=Status)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=_only_agents_are_named(), name="event_agent"),
            models.CheckConstraint(condition=_allowed_transitions(), name="event_allowed_move"),
            models.UniqueConstraint(fields=["ticket", "position"], name="event_position_once"),
            models.UniqueConstraint(fields=["ticket", "position", "to_status"], name="event_to_refer_to"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_to_status_display()}"


class Macro(models.Model):
    """A text that agents use again. `{customer}`, `{number}` and `{subject}` in it stand for those of the ticket."""

    title = models.CharField(max_length=100, unique=True)
    text = models.TextField(
        max_length=MESSAGE_LENGTH,
        help_text="{customer}, {number} and {subject} are replaced by those of the ticket.",
    )

    def __str__(self) -> str:
        return self.title


class Heartbeat(models.Model):
    """When each worker of technical support last took a task from its queue, by the database's clock."""

    worker = models.CharField(max_length=255, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
