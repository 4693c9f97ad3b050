"""Filters of the admin's lists."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import FieldListFilter, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest


class RangeFilter(FieldListFilter):
    """From one number to another, both included; either may be left out."""

    template = "admin/range_filter.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        field_path = kwargs["field_path"]
        self.names = {"from": f"{field_path}__gte", "to": f"{field_path}__lte"}
        super().__init__(*args, **kwargs)
        self.used_parameters = {name: value for name, value in self.used_parameters.items() if value not in ("", [""])}

    def expected_parameters(self) -> list[str | None]:
        return list(self.names.values())

    def has_output(self) -> bool:
        return True

    def value(self, end: str) -> Any:
        value = self.used_parameters.get(self.names[end], "")
        return value[-1] if isinstance(value, list) else value

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One choice, for the template: the fields of the form, and the other parameters of the page."""
        ends = [(end, name, self.value(end)) for end, name in self.names.items()]
        others = [(name, value) for name, value in changelist.params.items() if name not in self.names.values()]
        yield {"selected": any(value for _, _, value in ends), "ends": ends, "others": others}


class ValueFilter(SimpleListFilter):
    """One of the values that `values` lists. Django's own filter would search the whole table for them."""

    def values(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset
