from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import mark_safe
from django.utils.text import Truncator, get_text_list

from netflix.api import dashboard
from netflix.api.admin import ConflictAdmin, ReadOnlyAdmin, ServiceDeletesMixin
from netflix.api.errors import UserErased
from netflix.api.permissions import viewer_id
from support import presence, selectors, services, targets
from support.downloads import download
from support.filters import (
    AgeFilter,
    AssigneeFilter,
    DeadLetterFilter,
    RatingFilter,
    StatusFilter,
    TargetFilter,
)
from support.forms import AGENT_ACTIONS, AgentActionForm
from support.models import Attachment, Heartbeat, Macro, ServiceOrder, TargetTime, Ticket
from support.states import ACTIVE_STATUSES, TransitionNotAllowed
from support.targets import Target

_GONE = (Ticket.DoesNotExist, UserErased)


@admin.register(Ticket)
class TicketAdmin(ServiceDeletesMixin, ReadOnlyAdmin):
    """The agents' queue; tickets near or past a target come first. All changes go through the services."""

    form = AgentActionForm
    change_form_template = "admin/support/ticket/change_form.html"
    change_list_template = "admin/support/ticket/change_list.html"
    list_display = ("number", "about", "category", "progress", "due", "user", "assignee", "since")
    list_filter = (StatusFilter, TargetFilter, "category", AgeFilter, AssigneeFilter, RatingFilter, DeadLetterFilter)
    list_select_related = ("user", "assignee")
    search_fields = ("number", "subject", "user__username")
    ordering = ("urgent_from", "id")
    actions = ("assign_to_me", "resolve", "replay")
    _facts = ("number", "status", "all_due", "assignee", "user", "movie", "category", "created_at", "order", "rating")
    _delivery = ("attempts", "next_attempt_at", "done_at", "dead_at", "last_error")
    readonly_fields: ClassVar[tuple[str, ...]] = (*_facts, *_delivery)
    fieldsets = (
        (None, {"fields": ("work", "text", "attachments", "seen")}),  # change_form.html places them
        ("The ticket", {"fields": _facts}),
        ("Delivery to technical support", {"fields": _delivery, "classes": ("collapse",)}),
    )

    class Media:
        css: ClassVar = {"all": ["support/desk.css"]}
        js: ClassVar = ["support/desk.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        tickets: QuerySet[Ticket] = super().get_queryset(request)
        match = request.resolver_match
        if match is None or "object_id" not in match.kwargs:
            return tickets
        return tickets.select_related("user", "assignee", "movie", "service_order")

    def get_urls(self) -> list[URLPattern]:
        attachment, who_is_here = (self.admin_site.admin_view(view) for view in (self.attachment, self.who_is_here))
        return [
            path("attachments/<str:key>/", attachment, name="support_ticket_attachment"),
            path("<int:ticket_id>/presence/", who_is_here, name="support_ticket_presence"),
            *super().get_urls(),
        ]

    def attachment(self, request: HttpRequest, key: str) -> HttpResponse:
        """Download a file, also one of a private note."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return download(get_object_or_404(Attachment, key=key))
        except FileNotFoundError as error:
            raise Http404 from error

    def who_is_here(self, request: HttpRequest, ticket_id: int) -> HttpResponse:
        """`desk.js` calls it while the page is open, and with `leave` when it closes; returns who else has it open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        agent = request.user.get_username()
        if request.POST.get("leave"):
            presence.leave(ticket_id=ticket_id, agent=agent)
            return JsonResponse({"text": ""})
        return JsonResponse({"text": _who_looks(presence.stay(ticket_id=ticket_id, agent=agent))})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        if names := presence.open_tickets():
            for ticket in changelist.result_list:
                ticket.open_with = [name for name in names.get(ticket.pk, []) if name != request.user.get_username()]
        return changelist

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "queue": _queue_counts()})

    def conflict_message(self, error: Exception) -> str | None:
        if isinstance(error, services.TicketChanged | services.TooManyFiles | TransitionNotAllowed):
            return f"Nothing was done. {error}"
        if isinstance(error, services.TicketClosed):
            return "Nothing was done. A closed ticket takes no replies, only private notes."
        if isinstance(error, services.NotDead):
            return "Nothing was done. The ticket is not a dead letter."
        return super().conflict_message(error)

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        data = form.cleaned_data
        action = AGENT_ACTIONS[data["work"]]
        content = {"text": data["text"], "files": data["attachments"]} if action.takes_text else {}
        action.service(ticket_id=obj.pk, agent_id=viewer_id(request), seen=data["seen"], **content)

    def delete_row(self, request: HttpRequest, row: Ticket) -> None:
        services.remove(ticket_id=row.pk, agent_id=viewer_id(request))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        response: Any = super().render_change_form(request, context, *args, **kwargs)
        ticket: Ticket = response.context_data["original"]
        response.context_data |= {
            "title": ticket.subject,
            "subtitle": None,
            "due": self.due(ticket),
            "replies": selectors.conversation(ticket.pk),
            "macros": selectors.filled_macros(ticket),
            "status_changes": selectors.status_changes(ticket.pk),
            "buttons": [(name, each) for name, each in AGENT_ACTIONS.items() if each.possible(ticket)],
        }
        answer: HttpResponse = response
        return answer

    def response_post_save_change(self, request: HttpRequest, obj: Ticket) -> HttpResponseRedirect:
        if AGENT_ACTIONS[request.POST["work"]].ends_work:
            return super().response_post_save_change(request, obj)
        return HttpResponseRedirect(request.get_full_path())

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        return [{"changed": {"fields": [AGENT_ACTIONS[form.cleaned_data["work"]].label]}}]

    @admin.display(description="service order")
    def order(self, ticket: Ticket) -> str:
        if not hasattr(ticket, "service_order"):
            return "not opened yet"
        opened_at = f"{ticket.service_order.opened_at:%Y-%m-%d %H:%M}"
        return format_html('<span class="number">{}</span>, opened {}', ticket.service_order, opened_at)

    @admin.display(ordering="urgent_from")
    def due(self, ticket: Ticket) -> str:
        """The target that is due first."""
        now = timezone.now()
        pending = sorted(targets.pending(ticket, now), key=lambda target: target.due or now)
        return _target_text(pending[0], now) if pending else ""

    @admin.display(description="due")
    def all_due(self, ticket: Ticket) -> str:
        now = timezone.now()
        lines = [
            (_target_text(target, now), f"{target.due:%Y-%m-%d %H:%M}" if target.due else "")
            for target in targets.pending(ticket, now)
        ]
        return format_html_join("", '<span class="target">{} <span class="quiet">{}</span></span>', lines) or "nothing"

    @admin.display(ordering="id")
    def since(self, ticket: Ticket) -> str:
        return f"{ticket.created_at:%Y-%m-%d %H:%M}"

    @admin.display(description="subject", ordering="subject")
    def about(self, ticket: Ticket) -> str:
        """The subject, with the agents who are looking at the ticket."""
        text = _who_looks(getattr(ticket, "open_with", []))
        tag = '<span class="tag busy"><span aria-hidden="true">●</span> {}</span>'
        return format_html("{} {}", ticket.subject, format_html(tag, text) if text else "")

    @admin.display(description="status", ordering="status")
    def progress(self, ticket: Ticket) -> str:
        """The status, with tags for a dead letter and the customer's rating."""
        return format_html(
            "{} {}{}",
            ticket.get_status_display(),
            format_html('<span class="tag bad">{}</span> ', "dead letter") if ticket.dead_at else "",
            _rating_tag(ticket),
        )

    @admin.display
    def rating(self, ticket: Ticket) -> str:
        if ticket.scored_at is None:
            return "none yet"
        return format_html(
            '{} <span class="quiet">{}</span>{}',
            _rating_tag(ticket),
            f"{ticket.scored_at:%Y-%m-%d %H:%M}",
            mark_safe(linebreaks(ticket.score_comment, autoescape=True)),  # noqa: S308  # escaped
        )

    @admin.action(description="Assign to me", permissions=["change"])
    def assign_to_me(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._apply(request, tickets, services.claim)

    @admin.action(description="Resolve", permissions=["change"])
    def resolve(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._apply(request, tickets, services.resolve)

    @admin.action(description="Retry dead letters", permissions=["change"])
    def replay(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        replayed = services.replay(ticket_ids=list(tickets.values_list("pk", flat=True)))
        self.message_user(request, f"{replayed} dead letters were queued again.")

    def _apply(self, request: HttpRequest, tickets: QuerySet[Ticket], service: Callable[..., None]) -> None:
        done = 0
        for ticket in tickets.order_by("pk"):
            try:
                service(ticket_id=ticket.pk, agent_id=viewer_id(request))
                done += 1
            except (TransitionNotAllowed, services.AssignedToOther) as error:
                self.message_user(request, f"{ticket.number}: {error}", messages.WARNING)
            except _GONE:
                self.message_user(request, f"{ticket.number} is gone, or its customer.", messages.WARNING)
            except OperationalError:
                self.message_user(
                    request, f"{ticket.number}: another user is changing it. Try again.", messages.WARNING
                )
        self.message_user(request, f"{done} tickets: done.")


def _who_looks(names: list[str]) -> str:
    if not names:
        return ""
    return f"{get_text_list(names, 'and')} {'is' if len(names) == 1 else 'are'} looking at it"


def _duration(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // (24 * 60)} days"


def _rating_tag(ticket: Ticket) -> str:
    return format_html('<span class="tag {0}">rated {0}</span>', ticket.score) if ticket.score else ""


def _target_text(target: Target, now: datetime) -> str:
    if target.due is None:
        return f"{target.what}: paused"
    time = _duration(abs(target.due - now))
    if target.state == "later":
        return f"{target.what} in {time}"
    look, mark, state = ("bad", "▲", "late") if target.state == "past" else ("near", "△", "near")
    tag = '<span class="tag {}"><span aria-hidden="true">{}</span> {} {}: {}</span>'
    return format_html(tag, look, mark, target.what, state, time)


def _queue_counts() -> list[tuple[str, str, int]]:
    """The counts above the list, each as (label, query string of the filtered list, number of tickets)."""
    counts: Any = selectors.work_summary()
    by_status = [(status.label, f"status={status}", counts[status]) for status in ACTIVE_STATUSES]
    return [
        *by_status,
        ("unassigned", "assignee=nobody", counts["unassigned"]),
        ("past their target", "target=past", counts["past"]),
        ("dead letters", "way=dead&status=all", counts["dead"]),
    ]


@admin.register(ServiceOrder)
class ServiceOrderAdmin(ReadOnlyAdmin):
    list_display = ("number", "ticket", "opened_at")
    list_select_related = ("ticket",)
    search_fields = ("number", "ticket__number")
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while its ticket is deleted: a ticket that loses its order would not get another."""
        match = request.resolver_match
        return match is not None and "_ticket_" in match.view_name and super().has_delete_permission(request, obj)


@admin.register(Macro)
class MacroAdmin(ConflictAdmin):
    """Texts that agents use again."""

    list_display = ("title", "beginning")
    search_fields = ("title", "text")
    ordering = ("title",)

    @admin.display(description="text")
    def beginning(self, macro: Macro) -> str:
        return Truncator(macro.text).chars(80)


@admin.register(TargetTime)
class TargetTimeAdmin(ConflictAdmin):
    """How soon tickets are to be answered and solved.

    A change applies to tickets that are opened or reopened from then on.
    """

    list_display = ("category", "first_answer_hours", "solution_hours")
    ordering = ("category",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("worker", "at")
    ordering = ("-at",)


dashboard.register(
    dashboard.Card(
        name="tickets", title="Tickets", permission="support.view_ticket",
        template="admin/support/tickets_card.html", read=selectors.work_summary,
    ),
    dashboard.Card(
        name="workers", title="Workers of technical support", permission="support.view_heartbeat",
        template="admin/support/workers_card.html", read=selectors.workers,
    ),
)  # fmt: skip
