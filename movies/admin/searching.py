from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest


class NumberAutocomplete(AutocompleteSelect):
    """Shows nothing for what is no number; Django's own fails, so that the page cannot say what is wrong."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [pk for pk in value if pk.isdecimal()], attr)


class SearchAdmin(admin.ModelAdmin):
    """A list whose search is our own: by relevance, unless another order is chosen, and it says what it guessed."""

    change_list_template = "admin/movies/searched_list.html"  # it shows `did_you_mean` of the request
    relevance: tuple[str, ...]  # what the films or people found are ordered by

    def found(self, queryset: QuerySet[Any], text: str) -> tuple[QuerySet[Any], str | None]:
        """What matches; and what the text was taken for, if nothing matches it as it is written."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found, request.did_you_mean = self.found(queryset, search_term)  # type: ignore[attr-defined]
        return found if request.GET.get(ORDER_VAR) else found.order_by(*self.relevance), False
