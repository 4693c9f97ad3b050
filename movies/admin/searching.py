from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest


class NumberAutocomplete(AutocompleteSelect):
    """Ignores values that are not numbers; Django's own widget raises, instead of showing the form's error."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [pk for pk in value if pk.isdecimal()], attr)


class SearchAdmin(admin.ModelAdmin):
    """A list with keyword search, by relevance unless another order is chosen. Shows the corrected query."""

    change_list_template = "admin/movies/searched_list.html"  # shows `request.did_you_mean`
    relevance: tuple[str, ...]  # the ordering of search results

    def search_results(self, queryset: QuerySet[Any], text: str) -> tuple[QuerySet[Any], str | None]:
        """The matching rows; and the corrected text, if nothing matches `text` itself."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        rows, request.did_you_mean = self.search_results(queryset, search_term)  # type: ignore[attr-defined]
        return rows if request.GET.get(ORDER_VAR) else rows.order_by(*self.relevance), False
