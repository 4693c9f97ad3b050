"""Merging films in the admin: which may be the same, what would become of two of them, and the button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToOneRel
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from movies import selectors, services
from movies.models import Movie

_PAIRS_SHOWN = 100


class MergeForm(forms.Form):
    merged = forms.IntegerField(
        label="The film that goes", min_value=1, max_value=2**63 - 1, help_text="Its number, which is in its address."
    )


class MergesMovies(admin.ModelAdmin):
    """The pages about merging, for the admin of films."""

    change_list_template = "admin/movies/movie/change_list.html"
    change_form_template = "admin/movies/movie/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        wrap: Callable[..., Any] = self.admin_site.admin_view
        return [
            path("same/", wrap(self.same), name="movies_movie_same"),
            path("<int:movie_id>/merge/", wrap(self.merge), name="movies_movie_merge"),
            *super().get_urls(),
        ]

    def same(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        pairs = selectors.likely_twins(limit=_PAIRS_SHOWN)
        films = Movie.objects.in_bulk([movie_id for pair in pairs for movie_id in pair])
        context = {
            **self.admin_site.each_context(request), "title": "May be the same", "opts": self.opts,
            "pairs": [(films[kept], films[merged]) for kept, merged in pairs if {kept, merged} <= films.keys()],
            "most": _PAIRS_SHOWN,
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/movie/same.html", context)

    def merge(self, request: HttpRequest, movie_id: int) -> HttpResponse:
        """First which film, then what would become of both, then it is done."""
        self._check(request)
        kept = Movie.objects.filter(pk=movie_id).first()
        form = MergeForm(request.POST if request.method == "POST" else request.GET or None)
        if kept is None:
            return self._refused(request, selectors.NoSuchMovie.said)
        other_id: int | None = form.cleaned_data["merged"] if form.is_bound and form.is_valid() else None
        if other_id is not None and request.method == "POST":
            return self._merge(request, kept, other_id)
        other = Movie.objects.filter(pk=other_id or 0).exclude(pk=movie_id).first()
        if other_id is not None and other is None:
            form.add_error("merged", "There is no other film with this number.")
        context = {
            **self.admin_site.each_context(request), "title": f"Merge {kept} with another film", "opts": self.opts,
            "kept": kept, "merged": other, "form": form,
            "facts": _compared(kept, other) if other else [],
            "moves": _what_moves(other) if other else [],
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/movie/merge.html", context)

    def _merge(self, request: HttpRequest, kept: Movie, merged_id: int) -> HttpResponse:
        try:
            services.merge_movies(kept_id=kept.pk, merged_id=merged_id)
        except services.MergedWithItself:
            return self._refused(request, "Nothing was merged: a film cannot be merged with itself.")
        except selectors.NoSuchMovie:
            return self._refused(request, "Nothing was merged: one of the films is not there any more.")
        except services.MovieExists:
            return self._refused(request, "Nothing was merged: a third film is called as the two would be.")
        self.log_change(request, kept, f"Merged with film {merged_id}.")
        messages.success(request, f"The films are one by now: {kept}.")
        return HttpResponseRedirect(reverse("admin:movies_movie_change", args=[kept.pk]))

    def _refused(self, request: HttpRequest, refusal: str) -> HttpResponse:
        messages.error(request, refusal)
        return HttpResponseRedirect(reverse("admin:movies_movie_same"))

    def _check(self, request: HttpRequest) -> None:
        """Raises PermissionDenied."""
        if not (self.has_change_permission(request) and self.has_delete_permission(request)):
            raise PermissionDenied


def _compared(kept: Movie, merged: Movie) -> list[tuple[str, str, str, bool]]:
    """By fact that one of them has: its name, what each says, and whether the merged one's stays."""
    facts = services.merge_preview(kept.pk, merged.pk)
    rows = [(fact.replace("_", " "), _text(mine), _text(others), wins) for fact, mine, others, wins in facts]
    return [row for row in rows if row[1] or row[2]]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def _what_moves(movie: Movie) -> list[tuple[str, int]]:
    """How many rows of each kind are about a film, whichever context they are of."""
    counts = {}
    for relation in Movie._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            model: Any = relation.related_model
            count = model._default_manager.filter(**{relation.field.name: movie.pk}).count()
            counts[str(model._meta.verbose_name_plural)] = count
    return sorted((name, count) for name, count in counts.items() if count)
