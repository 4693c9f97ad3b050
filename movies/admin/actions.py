"""Actions on the selected films: change them together, or save them as a CSV file."""

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from movies import selectors, services
from movies.admin.history import author
from movies.forms import GenresField
from movies.importing import cells
from movies.limits import CERTIFICATE_LENGTH
from movies.models import Movie

_MAX_EDITED = 500  # films at once: each is a transaction of its own, and the page waits for all
MAX_EXPORTED = 20_000  # films in a file: about two seconds and five megabytes, while other requests wait
_CHUNK = 500  # films read at once for a file

_COLUMNS = (
    "id", "title", "year", "genres", "directors", "actors", "certificate", "runtime_minutes", "imdb_rating",
    "imdb_votes", "revenue_usd", "metascore", "likes", "description", "source",
)  # fmt: skip


class BulkEditForm(forms.Form):
    certificate = forms.CharField(
        required=False, max_length=CERTIFICATE_LENGTH, help_text="Left empty, each film keeps its own."
    )
    add_genres = GenresField(required=False)
    remove_genres = GenresField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError("Say what is to be changed.")
        return cleaned


class SelectionActions(admin.ModelAdmin):
    @admin.action(description="Change certificate or genres of the selected films", permissions=["change"])
    def bulk_edit(self, request: HttpRequest, queryset: QuerySet[Movie]) -> HttpResponse | None:
        movies = list(queryset.order_by("title_key", "pk")[: _MAX_EDITED + 1])
        if len(movies) > _MAX_EDITED:
            self.message_user(request, f"Select at most {_MAX_EDITED} films. Nothing was changed.", messages.ERROR)
            return None
        form = BulkEditForm(request.POST if "apply" in request.POST else None)
        if form.is_valid():
            self._edit(request, movies, form.cleaned_data)
            return None
        context = {
            **self.admin_site.each_context(request), "title": f"Change {len(movies):,} films", "opts": self.opts,
            "movies": movies, "form": form, "media": self.media + form.media, "action_checkbox": ACTION_CHECKBOX_NAME,
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/movie/bulk_edit.html", context)

    def _edit(self, request: HttpRequest, movies: list[Movie], changes: dict[str, Any]) -> None:
        done = services.bulk_edit(
            movie_ids=[movie.pk for movie in movies],
            certificate=changes["certificate"],
            add_genres=changes["add_genres"],
            remove_genres=changes["remove_genres"],
            by=author(request),
        )
        self.message_user(request, f"{len(done.changed):,} of {len(movies):,} films were changed.")
        if done.without_genre:
            message = f"Left as they are, because they would have no genre: {len(done.without_genre):,}."
            self.message_user(request, message, messages.WARNING)

    @admin.action(description="Save the selected films as a CSV file", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Movie]) -> StreamingHttpResponse | None:
        movie_ids = list(queryset.values_list("pk", flat=True)[: MAX_EXPORTED + 1])
        if len(movie_ids) > MAX_EXPORTED:
            message = f"Select at most {MAX_EXPORTED:,} films: narrow the list with the filters."
            self.message_user(request, message, messages.ERROR)
            return None
        name = f"films-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            _csv_lines(movie_ids),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class _Line:
    """A file for `csv.writer` that returns each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(movie_ids: list[int]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(_COLUMNS)  # the byte order mark tells spreadsheets that it is UTF-8
    for start in range(0, len(movie_ids), _CHUNK):
        for row in selectors.rows_to_export(movie_ids[start : start + _CHUNK]):
            yield writer.writerow([_cell(row[column]) for column in _COLUMNS])


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    return cells.without_formula(value) if isinstance(value, str) else value
