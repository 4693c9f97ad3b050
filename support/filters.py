"""Filters of the agents' list of tickets."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from support import targets
from support.models import Score, Ticket
from support.states import ACTIVE_STATUSES, Status

_AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class StatusFilter(admin.SimpleListFilter):
    """Shows tickets at work by default, so that the queue leaves out resolved and closed ones."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [*((status.value, status.label.capitalize()) for status in Status), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        at_work, *others = super().choices(changelist)
        return iter([{**at_work, "display": "At work"}, *others])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        status = self.value()
        if status in Status.values:
            return queryset.filter(status=status)
        if status == "all" or request.GET.get("q") or request.GET.get("rating"):  # these cover every status
            return queryset
        return queryset.filter(status__in=ACTIVE_STATUSES)


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
        filters = {"me": Q(assignee=request.user.pk), "nobody": Q(assignee=None)}
        return queryset.filter(filters.get(self.value() or "", Q()))


class RatingFilter(admin.SimpleListFilter):
    title = "rating"
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(score.value, score.label.capitalize()) for score in Score]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(score=self.value()) if self.value() else queryset


class DeadLetterFilter(admin.SimpleListFilter):
    title = "way to technical support"
    parameter_name = "way"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("pending", "No service order yet"), ("dead", "Dead letters")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        filters = {"pending": Q(next_attempt_at__isnull=False), "dead": Q(dead_at__isnull=False)}
        return queryset.filter(filters.get(self.value() or "", Q()))


class TargetFilter(admin.SimpleListFilter):
    title = "target time"
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("past", "Past its target"), ("near", "Near or past its target")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        filters = {"past": targets.is_past(), "near": Q(urgent_from__lte=Now())}
        return queryset.filter(filters.get(self.value() or "", Q()))
