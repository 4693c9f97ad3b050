"""The admin: its name, the order of its pages, and its first page."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Case, TextField, Value, When
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from movies.models import Change
from netflix.api import dashboard
from netflix.api.permissions import viewer_id

# Each section contains all pages of these apps: first those that are listed, then the others by name.
_SECTIONS = {
    "Catalogue": ("movies.Movie", "movies.Person", "movies.Genre", "movies.ImportRun", "movies.Change"),
    "Support": ("support.Ticket", "support.ServiceOrder", "support.Macro", "support.TargetTime"),
    "Likes and rankings": ("ranking.Like", "ranking.Standing"),
    "Lists": ("reminder.Reminder", "reminder.Watched"),
    "Accounts": ("accounts.User", "auth.Group"),
}
_SYSTEM = "System"  # the section of all other apps, and of these pages
_OPERATORS_PAGES = {"support.Heartbeat", "ranking.Parameters"}
_CARDS = ("catalogue", "likes", "tickets", "trending", "top", "imports", "reminders", "workers", "disk")
_SECTION_OF_APP = {label.partition(".")[0]: section for section, labels in _SECTIONS.items() for label in labels}
_PLACES = {label: place for place, label in enumerate(label for labels in _SECTIONS.values() for label in labels)}
_PEOPLE_TO_ASK = 3
_CHANGES_SHOWN = 5


class Site(admin.AdminSite):
    site_header = site_title = "Netflix backend"
    index_title = "Overview"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The pages in sections. The page of one app lists that app's only."""
        apps: list[Any] = super().get_app_list(request, app_label)
        return apps if app_label else _in_sections(model for app in apps for model in app["models"])

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = {
            "figures": dashboard.figures(request.user.has_perm, order=_CARDS),
            "recent_changes": list(_recent_changes(viewer_id(request))),
            "people_to_ask": [] if self._may_open_something(request) else _people_to_ask(),
        }
        return super().index(request, context | (extra_context or {}))

    def _may_open_something(self, request: HttpRequest) -> bool:
        return any(page.has_module_permission(request) for page in self._registry.values())


class RecentChange(NamedTuple):
    """A change that a member of staff has made, in the admin or through the API."""

    at: datetime
    name: str
    word: str
    address: str | None


def _recent_changes(user_id: int) -> Iterator[RecentChange]:
    """A user's newest changes, of Django's log and of the catalogue's history. No change is in both."""
    words = ((ADDITION, "added"), (CHANGE, "changed"), (DELETION, "deleted"))
    logged = LogEntry.objects.filter(user=user_id).values_list(
        "action_time", "object_repr", Case(*(When(action_flag=flag, then=Value(word)) for flag, word in words)),
        Concat("content_type__app_label", Value("_"), "content_type__model", Value("_change")), "object_id",
    ).order_by("-action_time")[:_CHANGES_SHOWN]  # fmt: skip
    model = Case(When(kind=Change.Kind.IMPORT, then=Value("importrun")), default="kind")
    changed = Change.objects.filter(user=user_id).values_list(
        "at", "name", "action", Concat(Value("movies_"), model, Value("_history")), Cast("number", TextField()),
    ).order_by("-id")[:_CHANGES_SHOWN]  # fmt: skip
    for at, name, word, page, pk in logged.union(changed, all=True).order_by("-action_time")[:_CHANGES_SHOWN]:
        yield RecentChange(at, name, word, None if word == "deleted" else _address(page, pk))


def _address(page: str, pk: str) -> str | None:
    try:
        return reverse(f"admin:{page}", args=[pk])
    except NoReverseMatch:  # there are no such pages any more
        return None


def _in_sections(models: Iterable[Any]) -> list[dict[str, Any]]:
    sections: dict[str, list[Any]] = {name: [] for name in (*_SECTIONS, _SYSTEM)}
    for model in models:
        sections[_section(model["model"]._meta)].append(model)
    return [
        {
            "name": name,
            "app_label": name.lower().replace(" ", "-"),
            "app_url": "",
            "has_module_perms": True,
            "models": sorted(pages, key=_place),
        }
        for name, pages in sections.items()
        if pages
    ]


def _section(options: Any) -> str:
    return _SYSTEM if options.label in _OPERATORS_PAGES else _SECTION_OF_APP.get(options.app_label, _SYSTEM)


def _place(model: Any) -> tuple[int, str]:
    return _PLACES.get(model["model"]._meta.label, len(_PLACES)), str(model["name"])


def _people_to_ask() -> list[Any]:
    """Superusers, who can give others permissions."""
    people = get_user_model()._default_manager.filter(is_superuser=True, is_active=True).order_by("pk")
    return list(people[:_PEOPLE_TO_ASK])


def _database_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size: int = cursor.fetchone()[0]
    return size


dashboard.register(
    dashboard.Card(
        name="disk", title="Database", permission="support.view_heartbeat", template="admin/cards/disk.html",
        read=_database_size,
    )
)  # fmt: skip
