"""Filters of the agents' list of tickets."""

from collections.abc import Iterator, Mapping
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
    """Shows only active tickets by default, not resolved and closed ones."""

    title = parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [*((status.value, status.label.capitalize()) for status in Status), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        default, *others = super().choices(changelist)
        return iter([{**default, "display": "Active"}, *others])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        status = self.value()
        if status in Status.values:
            return queryset.filter(status=status)
        if status == "all" or request.GET.get("q") or request.GET.get("rating"):  # these apply to every status
            return queryset
        return queryset.filter(status__in=ACTIVE_STATUSES)


class OptionFilter(admin.SimpleListFilter):
    """A filter with a few fixed choices."""

    def options(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        """By its value in the address, the label of each choice and the condition on tickets."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.options(request).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        _, condition = self.options(request).get(self.value() or "", ("", Q()))
        return queryset.filter(condition)


class AgeFilter(OptionFilter):
    title = parameter_name = "age"

    def options(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        return {name: (f"Older than one {name}", Q(created_at__lt=Now() - age)) for name, age in _AGES.items()}


class AssigneeFilter(OptionFilter):
    title = parameter_name = "assignee"

    def options(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        return {"me": ("Me", Q(assignee=request.user.pk)), "nobody": ("Nobody", Q(assignee=None))}


class RatingFilter(OptionFilter):
    title = parameter_name = "rating"

    def options(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        return {score.value: (score.label.capitalize(), Q(score=score)) for score in Score}


class DeadLetterFilter(OptionFilter):
    title = "delivery to technical support"
    parameter_name = "way"

    def options(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        return {
            "pending": ("No service order yet", Q(next_attempt_at__isnull=False)),
            "dead": ("Dead letters", Q(dead_at__isnull=False)),
        }


class TargetFilter(OptionFilter):
    title = "target time"
    parameter_name = "target"

    def options(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        return {
            "past": ("Past its target", targets.past_target_condition()),
            "near": ("Near or past its target", Q(urgent_from__lte=Now())),
        }
