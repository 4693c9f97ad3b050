"""The pages that show `Change`: the history of one film, person, genre or import, and the list of all changes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from movies import history, posters
from movies.history import Author
from movies.importing.facts import FACTS
from movies.models import Change, Movie
from netflix.api.admin import ConflictAdmin, ReadOnlyAdmin
from netflix.api.permissions import viewer_id

_PER_PAGE = 30
_MAX_DIGITS = 18  # of an id
_MODELS = {
    Change.Kind.MOVIE: "movie", Change.Kind.PERSON: "person", Change.Kind.GENRE: "genre",
    Change.Kind.IMPORT: "importrun",
}  # fmt: skip


class Item(NamedTuple):
    """A value, or one of a list, and whether the change removed or added it."""

    text: str
    differs: bool


class FactChange(NamedTuple):
    name: str
    before: list[Item]
    after: list[Item]


def author(request: HttpRequest) -> Author:
    return Author(viewer_id(request), Change.Way.ADMIN)


class HistoryAdmin(ConflictAdmin):
    """The "History" page shows our own records of a row, also after it was removed. Django's log is not written."""

    kind: Change.Kind

    # Services record changes instead.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any: ...

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        pages = self.get_paginator(request, history.changes_of(self.kind, parse_id(object_id) or 0), _PER_PAGE)
        page = pages.get_page(request.GET.get(PAGE_VAR, 1))
        if row is None and not page.object_list:
            return super().history_view(request, object_id)  # says so, and leads back
        name = str(row) if row is not None else page.object_list[0].name
        context = {
            **self.admin_site.each_context(request), "title": f"History of {name}", "opts": self.opts, "object": row,
            "name": name, "page": page, "page_range": pages.get_elided_page_range(page.number), "page_var": PAGE_VAR,
            "changes": [(change, facts_of(change)) for change in page.object_list],
        } | (extra_context or {})  # fmt: skip
        return TemplateResponse(request, "admin/movies/history.html", context)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """All changes, newest first, also of removed rows."""

    list_display = ("at", "called", "kind", "action", "who", "what", "way")
    list_filter = ("kind", "action", "way", ("user", admin.RelatedOnlyFieldListFilter), "at")
    list_select_related = ("user",)
    list_per_page = 50
    search_fields = ("name",)
    search_help_text = "Part of the name, or the number of a film, person, genre or import."
    ordering = ("-id",)
    fields = ("at", "who", "way", "action", "kind", "called", "note", "details")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Change], search_term: str
    ) -> tuple[QuerySet[Change], bool]:
        if (number := parse_id(search_term.strip())) is not None:
            return queryset.filter(models.Q(number=number) | models.Q(name__icontains=search_term.strip())), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(ordering="user")
    def who(self, change: Change) -> str:
        return str(change.user) if change.user else "an account that was erased"

    @admin.display(description="name", ordering="name")
    def called(self, change: Change) -> str:
        url = reverse(f"admin:movies_{_MODELS[Change.Kind(change.kind)]}_history", args=[change.number])
        return format_html('<a href="{}">{}</a>', url, change.name)

    @admin.display
    def what(self, change: Change) -> str:
        return change.note or ", ".join(_label(fact) for fact in _in_order(change))

    @admin.display
    def details(self, change: Change) -> str:
        return render_to_string("admin/movies/change_facts.html", {"change": change, "facts": facts_of(change)})


def parse_id(text: str) -> int | None:
    """The id that a text contains; None if it is not a number."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None


def facts_of(change: Change) -> list[FactChange]:
    """The facts of a change, in the order of the form."""
    return [
        FactChange(_label(fact), _items(fact, before, after), _items(fact, after, before))
        for fact, (before, after) in ((fact, change.facts[fact]) for fact in _in_order(change))
    ]


def _in_order(change: Change) -> Iterator[str]:
    yield from (fact for fact in FACTS if fact in change.facts)
    yield from (fact for fact in change.facts if fact not in FACTS)


def _label(fact: str) -> str:
    try:
        return str(Movie._meta.get_field(fact).verbose_name)  # type: ignore[union-attr]  # a fact is no relation
    except (FieldDoesNotExist, AttributeError):
        return fact.replace("_", " ")


def _items(fact: str, value: Any, other: Any) -> list[Item]:
    if value is None:
        return []
    if isinstance(value, list):
        return [Item(_text(fact, item), item not in (other or [])) for item in value]
    return [Item(_text(fact, value), True)]


def _text(fact: str, value: Any) -> str:
    if fact == "poster" and posters.is_uploaded(value):
        return "an uploaded picture"  # its file is removed when another poster replaces it
    return f"{value:,}" if isinstance(value, int) and fact != "year" else str(value)
