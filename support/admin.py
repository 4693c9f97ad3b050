from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from netflix.api.admin import ForLooking
from netflix.api.permissions import viewer_id
from support import selectors, services
from support.models import MESSAGE_LENGTH, Event, Heartbeat, Reply, ServiceOrder, Ticket
from support.states import AT_WORK, MOVES, MoveNotAllowed, Status

_AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing that an agent may do about a ticket. `do` gets the ids of ticket and agent, and the text."""

    label: str
    do: Callable[[int, int, str], object]
    possible: Callable[[Ticket], bool] = lambda _: True
    needs_text: bool = False


def _leads_to(status: Status) -> Callable[[Ticket], bool]:
    return lambda ticket: status in MOVES[Status(ticket.status)]


WORK = {
    "assign": Work(label="Assign to me", do=lambda ticket, agent, _: services.assign(ticket_id=ticket, agent_id=agent)),
    "answer": Work(
        label="Reply to the customer",
        do=lambda ticket, agent, text: services.answer(ticket_id=ticket, agent_id=agent, text=text),
        possible=lambda ticket: ticket.status != Status.CLOSED,
        needs_text=True,
    ),
    "note": Work(
        label="Add a private note",
        do=lambda ticket, agent, text: services.add_note(ticket_id=ticket, agent_id=agent, text=text),
        needs_text=True,
    ),
    "wait": Work(
        label="Wait for the customer",
        do=lambda ticket, agent, _: services.wait_for_customer(ticket_id=ticket, agent_id=agent),
        possible=_leads_to(Status.WAITING_FOR_CUSTOMER),
    ),
    "resolve": Work(
        label="Resolve",
        do=lambda ticket, agent, _: services.resolve(ticket_id=ticket, agent_id=agent),
        possible=_leads_to(Status.RESOLVED),
    ),
    "replay": Work(
        label="Hand the dead letter on again",
        do=lambda ticket, *_: services.replay(ticket_ids=[ticket]),
        possible=lambda ticket: ticket.dead_at is not None,
    ),
}


class WorkForm(forms.ModelForm):
    """What an agent does about a ticket: one thing at a time, of those that its state allows."""

    work = forms.ChoiceField(label="What to do", widget=forms.RadioSelect)
    text = forms.CharField(
        required=False,
        max_length=MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 100}),
        help_text="For a reply, which the customer is sent, or for a note, which only agents see.",
    )

    class Meta:
        model = Ticket
        fields = ()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(name, work.label) for name, work in WORK.items() if work.possible(self.instance)]
        self.fields["work"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "work" in cleaned and WORK[cleaned["work"]].needs_text and not cleaned.get("text"):
            self.add_error("text", "Write something first.")
        return cleaned


class AgeFilter(admin.SimpleListFilter):
    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, f"Older than one {name}") for name in _AGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        age = _AGES.get(self.value() or "")
        return queryset.filter(created_at__lt=Now() - age) if age else queryset


class AssigneeFilter(admin.SimpleListFilter):
    title = "assignee"
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("me", "Me"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        whose = {"me": Q(assignee=request.user.pk), "nobody": Q(assignee=None)}
        return queryset.filter(whose.get(self.value() or "", Q()))


class DeadLetterFilter(admin.SimpleListFilter):
    title = "way to technical support"
    parameter_name = "way"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("pending", "No service order yet"), ("dead", "Dead letters")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        ways = {"pending": Q(next_attempt_at__isnull=False), "dead": Q(dead_at__isnull=False)}
        return queryset.filter(ways.get(self.value() or "", Q()))


class _ForReading(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        rows: QuerySet[Model] = super().get_queryset(request).select_related("agent")
        return rows


class ReplyInline(_ForReading):
    model = Reply
    fields = ("created_at", "by", "agent", "private", "text")
    ordering = ("id",)


class EventInline(_ForReading):
    model = Event
    verbose_name_plural = "timeline"
    fields = ("at", "by", "agent", "from_status", "to_status")
    ordering = ("position",)


@admin.register(Ticket)
class TicketAdmin(ForLooking):
    """The agents' queue, the longest waiting first. What is done about a ticket is done by the services."""

    form = WorkForm
    change_list_template = "admin/support/ticket/change_list.html"
    list_display = ("number", "subject", "category", "status", "user", "assignee", "since", "dead_letter")
    list_filter = (
        "status",
        "category",
        AgeFilter,
        AssigneeFilter,
        DeadLetterFilter,
    )
    list_select_related = ("user", "assignee")
    search_fields = ("number", "subject", "user__username")
    ordering = ("id",)
    inlines = (ReplyInline, EventInline)
    actions = ("assign_to_me", "resolve", "replay")
    _about = ("number", "status", "user", "category", "movie", "subject", "message", "created_at", "assignee", "order")
    _on_its_way = ("attempts", "next_attempt_at", "done_at", "dead_at", "last_error")
    readonly_fields: ClassVar[tuple[str, ...]] = (*_about, *_on_its_way)
    fieldsets = (
        (None, {"fields": _about}),
        ("What to do about it", {"fields": ("work", "text")}),
        ("On its way to technical support", {"fields": _on_its_way, "classes": ("collapse",)}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "queue": _queue()})

    def changeform_view(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *arguments, **named)
        except (MoveNotAllowed, services.TicketClosed) as error:
            self.message_user(request, f"Somebody was quicker. {error}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        WORK[form.cleaned_data["work"]].do(obj.pk, viewer_id(request), form.cleaned_data["text"])

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        return [{"changed": {"fields": [WORK[form.cleaned_data["work"]].label]}}]

    @admin.display(description="service order")
    def order(self, ticket: Ticket) -> str:
        return f"{ticket.service_order}, opened {ticket.service_order.opened_at:%Y-%m-%d %H:%M}"

    @admin.display(ordering="id")
    def since(self, ticket: Ticket) -> str:
        return f"{ticket.created_at:%Y-%m-%d %H:%M}"

    @admin.display(boolean=True)
    def dead_letter(self, ticket: Ticket) -> bool:
        return ticket.dead_at is not None

    @admin.action(description="Assign to me", permissions=["change"])
    def assign_to_me(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._each(request, tickets, services.assign)

    @admin.action(description="Resolve", permissions=["change"])
    def resolve(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._each(request, tickets, services.resolve)

    @admin.action(description="Hand dead letters on again", permissions=["change"])
    def replay(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        replayed = services.replay(ticket_ids=list(tickets.values_list("pk", flat=True)))
        self.message_user(request, f"{replayed} dead letters are on their way again.")

    def _each(self, request: HttpRequest, tickets: QuerySet[Ticket], service: Callable[..., None]) -> None:
        done = 0
        for ticket in tickets.order_by("pk"):
            try:
                service(ticket_id=ticket.pk, agent_id=viewer_id(request))
                done += 1
            except MoveNotAllowed as error:
                self.message_user(request, f"{ticket.number}: {error}", messages.WARNING)
        self.message_user(request, f"{done} tickets: done.")


def _queue() -> list[tuple[str, str, int]]:
    """What stands above the list: a label, the filter that leads there, and how many tickets it has."""
    at_work = f"status__in={','.join(AT_WORK)}"
    counts = selectors.queue_counts()
    by_status = [(status.label, f"status__exact={status}", counts[status]) for status in AT_WORK]
    return [
        *by_status,
        ("unassigned", f"assignee=nobody&{at_work}", counts["unassigned"]),
        ("dead letters", "way=dead", counts["dead"]),
    ]


@admin.register(ServiceOrder)
class ServiceOrderAdmin(ForLooking):
    list_display = ("number", "ticket", "opened_at")
    list_select_related = ("ticket",)
    search_fields = ("number", "ticket__number")
    ordering = ("-id",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ForLooking):
    list_display = ("worker", "at")
    ordering = ("-at",)
