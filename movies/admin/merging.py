"""The admin's pages to merge two rows: choice, preview and button; and the list of possible duplicates."""

from collections.abc import Callable, Collection
from itertools import chain
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import CASCADE, Count, ForeignKey, ManyToOneRel, Model, QuerySet, TextField, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from movies import posters, selectors, services
from movies.admin.history import author
from movies.admin.searching import NumberAutocomplete
from movies.models import NAME_TAKEN, Credit, Genre, Movie, Person
from netflix.api.admin import ConflictAdmin

_PAIRS_SHOWN = 100
_MOVIES_NAMED = 20  # at most


class MergeForm(forms.Form):
    def __init__(self, *args: Any, others: QuerySet[Any], widget: forms.Widget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merged"] = forms.ModelChoiceField(
            others,
            widget=widget,
            label="The entry that is merged into it and removed",
            error_messages={"invalid_choice": "There is no other entry with this number. Choose one by its name."},
        )


class MergeAdmin(ConflictAdmin):
    """Adds a page to merge two rows, which a form offers if its name is taken."""

    change_form_template = "admin/movies/merging_form.html"
    foreign_key: ForeignKey[Any, Any]  # any foreign key to the model, which the autocomplete widget requires

    def merge(self, request: HttpRequest, kept_id: int, merged_id: int) -> None:
        """Call the service."""
        raise NotImplementedError

    def preview(self, kept: Any, merged: Any) -> dict[str, Any]:
        """What merge.html shows of two rows: `what_happens`, `facts`, `lists` and films `to_merge_first`."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        wrap: Callable[..., Any] = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        return [path("<int:object_id>/merge/", wrap(self.merge_view), name=name), *super().get_urls()]

    def may_merge(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and self.has_delete_permission(request)

    def merge_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.may_merge(request):
            raise PermissionDenied
        kept = self.model._default_manager.filter(pk=object_id).first()
        if kept is None:
            messages.error(request, f"There is no {self.opts.verbose_name} with this number.")
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        form = MergeForm(
            request.POST or (request.GET if "merged" in request.GET else None),
            others=self.model._default_manager.exclude(pk=object_id),
            widget=NumberAutocomplete(self.foreign_key, self.admin_site),
        )
        merged = form.cleaned_data["merged"] if form.is_valid() else None
        if merged is not None and request.method == "POST":
            return self._handle_conflict(request, lambda: self._merge(request, kept, merged), self._back(request))
        context = {
            **self.admin_site.each_context(request), "title": f"Merge {kept} with another", "opts": self.opts,
            "kept": kept, "merged": merged, "form": form, **(self.preview(kept, merged) if merged else {}),
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/merge.html", context)

    def _merge(self, request: HttpRequest, kept: Any, merged: Any) -> HttpResponse:
        self.merge(request, kept.pk, merged.pk)
        messages.success(request, f"{merged} was merged with {kept}.")
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[kept.pk])
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["may_merge"] = context["original"] is not None and self.may_merge(request)
        context["taken_by"] = _taken_by(context)
        return super().render_change_form(request, context, *args, **kwargs)


class MovieMergeAdmin(MergeAdmin):
    change_list_template = "admin/movies/movie/change_list.html"
    foreign_key = Credit._meta.get_field("movie")

    def merge(self, request: HttpRequest, kept_id: int, merged_id: int) -> None:
        services.merge_movies(kept_id=kept_id, merged_id=merged_id, by=author(request))

    def preview(self, kept: Movie, merged: Movie) -> dict[str, Any]:
        references = [f"{count:,} {name}" for name, count in references_to([merged]).items()]
        return {
            "what_happens": f"Likes, lists, tickets, source rows and ids move to film {kept.pk}; a user who has both "
            f"films on a list keeps one entry. The URL of film {merged.pk} redirects there.",
            "facts": _compared(kept, merged),
            "lists": [(f"What refers to film {merged.pk} now", references)],
        }

    def get_urls(self) -> list[URLPattern]:
        wrap: Callable[..., Any] = self.admin_site.admin_view
        return [path("same/", wrap(self.same), name="movies_movie_same"), *super().get_urls()]

    def same(self, request: HttpRequest) -> HttpResponse:
        if not self.may_merge(request):
            raise PermissionDenied
        pairs = selectors.likely_duplicates(limit=_PAIRS_SHOWN)
        movies = Movie.objects.in_bulk([movie_id for pair in pairs for movie_id in pair])
        context = {
            **self.admin_site.each_context(request), "title": "Possible duplicates", "opts": self.opts,
            "pairs": [(movies[kept], movies[merged]) for kept, merged in pairs if {kept, merged} <= movies.keys()],
            "most": _PAIRS_SHOWN,
        }  # fmt: skip
        return TemplateResponse(request, "admin/movies/movie/same.html", context)


class NamedMergeAdmin(MergeAdmin):
    """For people and genres, which have films and aliases. `foreign_key` is the foreign key of their links to films."""

    def preview(self, kept: Any, merged: Any) -> dict[str, Any]:
        movies = self.movies_of(merged)
        return {
            "what_happens": f"Films of {merged} become those of {kept}.",
            "lists": [
                (f"Names that imports will take for {kept}", [str(merged), *_aliases(merged)]),
                (f"Films of {merged}", first_titles(movies)),
                ("Films of both", first_titles(movies & self.movies_of(kept))),
            ],
        }

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("other_names", "movie_links") if obj is not None else ()

    @admin.display(description="other names in imports")
    def other_names(self, row: Person | Genre) -> str:
        return ", ".join(_aliases(row)) or self.get_empty_value_display()

    def movies_of(self, *rows: Any) -> QuerySet[Movie]:
        """The films of any of these rows."""
        links = self.foreign_key.model._default_manager.filter(**{f"{self.foreign_key.name}__in": rows})
        return Movie.objects.filter(pk__in=links.values("movie"))


def first_titles(movies: QuerySet[Movie]) -> list[str]:
    """The first films by title, and how many more there are."""
    movies = movies.order_by("title_key", "id")
    titles = [str(movie) for movie in movies[:_MOVIES_NAMED]]
    more = movies.count() - len(titles) if titles else 0
    return titles + ([f"and {more} more films"] if more else [])


def _aliases(row: Person | Genre) -> list[str]:
    return sorted(map(str, row.aliases.all()))


def _taken_by(context: Any) -> Model | None:
    """The other row that has the name of a refused form."""
    errors = chain.from_iterable(context["adminform"].form.errors.as_data().values())
    return next((error.params["other"] for error in errors if error.code == NAME_TAKEN), None)


def _compared(kept: Movie, merged: Movie) -> list[tuple[str, str, str, bool]]:
    """For each fact that either film has: name, both values, and whether the merged film's wins."""
    facts = services.merge_preview(kept.pk, merged.pk)
    rows = [
        (fact.replace("_", " "), _text(fact, mine), _text(fact, others), wins) for fact, mine, others, wins in facts
    ]
    return [row for row in rows if row[1] or row[2]]


def _text(fact: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if fact == "poster":
        return posters.url_of(value)
    return "" if value is None else str(value)


def references_to(movies: Collection[Movie], *, only_cascading: bool = False) -> dict[str, int]:
    """How many rows of each model, of any context, refer to these films; one query.

    With `only_cascading` only those that are deleted with them.
    """
    relations = [
        field
        for field in Movie._meta.get_fields(include_hidden=True)
        if isinstance(field, ManyToOneRel) and not (only_cascading and field.on_delete is not CASCADE)
    ]
    first, *others = (_counted(relation, movies) for relation in relations)
    counts = {name: count for name, count in first.union(*others, all=True) if count}
    return dict(sorted(counts.items()))


def _counted(relation: ManyToOneRel, movies: Collection[Movie]) -> QuerySet[Any, tuple[str, int]]:
    """One row: the name of the relation's rows, and how many refer to these films."""
    model: Any = relation.related_model
    rows = model._default_manager.filter(**{f"{relation.field.name}__in": movies}).order_by()
    name = Value(str(model._meta.verbose_name_plural), output_field=TextField())
    counted: QuerySet[Any, tuple[str, int]] = (
        rows.values(_kind=name).annotate(_rows=Count("pk")).values_list("_kind", "_rows")
    )
    return counted
