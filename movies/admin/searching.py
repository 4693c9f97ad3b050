from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path

from movies import search, selectors, statements
from movies.limits import QUERY_LENGTH
from netflix.hot.steps import run_steps


class NumberAutocomplete(AutocompleteSelect):
    """Ignores values that are not numbers; Django's own widget raises, instead of showing the form's error."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [pk for pk in value if pk.isdecimal()], attr)

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        """The placeholder is the name of the empty field for screen readers."""
        return super().build_attrs(base_attrs, extra_attrs) | {"data-placeholder": "Choose by name"}


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


class SuggestsPeople(admin.ModelAdmin):
    """Answers static/movies/names.js, which suggests people for what is typed."""

    def get_urls(self) -> list[URLPattern]:
        wrap: Callable[..., Any] = self.admin_site.admin_view
        return [path("people/", wrap(self.people), name="movies_movie_people"), *super().get_urls()]

    def people(self, request: HttpRequest) -> JsonResponse:
        """`name`: the person who is called `q`, also formerly, or null; `suggestions`: names like it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        typed = request.GET.get("q", "")[:QUERY_LENGTH]
        return JsonResponse({"name": selectors.person_named(typed), "suggestions": _people_like(typed)})


def _people_like(typed: str) -> list[str]:
    """Names that begin with what was typed, or else with what it may be a misspelling of."""
    if len(search.parse_query(typed).key) < search.suggesting.MIN_TYPED:
        return []
    people = statements.suggestions([typed]).run().people
    if not people:
        correction = run_steps(search.correct_if_unmatched(typed))
        people = statements.suggestions(correction.texts).run().people if correction.did_you_mean else []
    return [name for _, name in people]
