from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminBigIntegerFieldWidget
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Count, F, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from movies import search, selectors, services
from movies.admin.merging import MovieMergeAdmin, NamedMergeAdmin, movies_named
from movies.admin.searching import NumberAutocomplete, SearchAdmin
from movies.folding import fold
from movies.forms import CreditFormSet, GenreFormSet, MovieForm, edited_facts
from movies.locks import lock_editing, lock_editing_shared
from movies.models import Credit, Genre, LikeCount, Movie, MovieGenre, Person, SourceRow
from netflix.accounts.services import hold_user
from netflix.api.admin import ConflictAdmin, ReadOnlyAdmin, ServiceDeletesMixin
from netflix.api.permissions import viewer_id
from netflix.hot.steps import run_steps

_MOVIES_LISTED = 50  # at most, of one person


class LoadedAutocomplete(NumberAutocomplete):
    """Shows the choice that was loaded with its row; Django's own widget runs a query for every row."""

    loaded: Model | None = None

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        if self.loaded is None or list(value) != [str(self.loaded.pk)]:
            return super().optgroups(name, value, attr)
        return [(None, [self.create_option(name, value[0], str(self.loaded), selected=True, index=0)], 0)]


class LinkForm(ModelForm):
    """A row of an inline whose one choice, a genre or a person, was loaded with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            widget = getattr(field.widget, "widget", None)
            if isinstance(widget, LoadedAutocomplete) and self.instance.pk:
                widget.loaded = getattr(self.instance, name)


class LinkInline(admin.TabularInline):
    extra = 0
    form = LinkForm

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = LoadedAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class GenreInline(LinkInline):
    model = MovieGenre
    formset = GenreFormSet
    autocomplete_fields = ("genre",)
    verbose_name = "genre"

    def get_queryset(self, request: HttpRequest) -> QuerySet[MovieGenre]:
        return super().get_queryset(request).select_related("genre").order_by("genre__name")


class CreditInline(LinkInline):
    model = Credit
    formset = CreditFormSet
    autocomplete_fields = ("person",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        return super().get_queryset(request).select_related("person").order_by("-role", "billing", "id")


@admin.register(Movie)
class MovieAdmin(MovieMergeAdmin, ServiceDeletesMixin, SearchAdmin):
    list_display = (
        "title",
        "year",
        "genre_names",
        "runtime_minutes",
        "certificate",
        "imdb_rating",
        "imdb_votes",
        "likes",
    )
    list_filter = ("genres", "year", "certificate", "source")
    search_fields = ("title",)  # shows the search box; SearchAdmin does the searching
    search_help_text = "Words of the title, the people or the description."
    relevance = ("-_match", "-search__votes", "-id")
    ordering = ("title_key", "id")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("source", "source_id", "likes", "edited", "where_facts_come_from")
    inlines = (GenreInline, CreditInline)
    form = MovieForm
    formfield_overrides = ConflictAdmin.formfield_overrides | {
        models.IntegerField: {"widget": AdminBigIntegerFieldWidget},  # the default one is too narrow for 7 digits
    }
    actions = ("let_imports_change",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movie]:
        return super().get_queryset(request).select_related("like_count").prefetch_related("genres")

    def search_results(self, queryset: QuerySet[Movie], text: str) -> tuple[QuerySet[Movie], str | None]:
        correction = run_steps(search.correct_if_unmatched(text))
        return search.matching(queryset, correction.texts), correction.did_you_mean

    @admin.display(description="genres")
    def genre_names(self, movie: Movie) -> str:
        return ", ".join(sorted(genre.name for genre in movie.genres.all()))

    @admin.display(ordering="like_count__likes")
    def likes(self, movie: Movie) -> int:
        try:
            return movie.like_count.likes
        except LikeCount.DoesNotExist:
            return 0

    @admin.display
    def where_facts_come_from(self, movie: Movie) -> str:
        if movie.pk is None:
            return self.get_empty_value_display()
        provenance = selectors.movie_sources(movie.pk)
        by_source: dict[str, list[str]] = {}
        for fact, source in provenance["sources"].items():
            by_source.setdefault(source, []).append(fact)
        lines = [(source, ", ".join(facts).replace("_", " ")) for source, facts in sorted(by_source.items())]
        if provenance["ids"]:
            lines.append(("known there as", ", ".join(provenance["ids"])))
        return format_html_join(mark_safe("<br>"), "{}: {}", lines) or self.get_empty_value_display()

    def delete_row(self, request: HttpRequest, row: Movie) -> None:
        services.remove_movie(movie_id=row.pk)

    @admin.action(description="Let imports change the selected films again", permissions=["change"])
    def let_imports_change(self, request: HttpRequest, queryset: QuerySet[Movie]) -> None:
        movies = services.let_imports_change(list(queryset.values_list("pk", flat=True)))
        messages.success(request, f"{movies} films will say what the file says from the next import on.")

    def save_model(self, request: HttpRequest, obj: Movie, form: ModelForm, change: bool) -> None:
        with services.exists_if_duplicate():
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.note_edits(movie_id=form.instance.pk, facts=edited_facts(form, formsets))
        services.refresh([form.instance.pk])

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Lock the row before the form reads it, because the form writes all of its columns."""
        lock_editing_shared()
        if object_id is not None and object_id.isdecimal():
            Movie.objects.select_for_update(no_key=True).filter(pk=object_id).first()
        hold_user(viewer_id(request))  # the log refers to them; people are locked before counts of likes

    def refusal(self, error: Exception) -> str | None:
        if isinstance(error, services.MovieExists):
            return "Nothing was saved: a film with this title, year and director is already there."
        return super().refusal(error)


@admin.register(Person)
class PersonAdmin(NamedMergeAdmin, SearchAdmin):
    list_display = ("name", "movies")
    search_fields = ("name_key",)
    search_help_text = "Part of the name; accents and capitals do not matter."
    ordering = ("name_key",)
    relevance = ("-_match", "name_key")
    show_full_result_count = False
    chosen_by = Credit._meta.get_field("person")

    def get_queryset(self, request: HttpRequest) -> Any:
        credits = Credit.objects.filter(person=OuterRef("pk")).order_by().values("person")
        movies = credits.annotate(count=Count("movie", distinct=True)).values("count")
        return super().get_queryset(request).annotate(_movies=Coalesce(Subquery(movies), 0))

    def search_results(self, queryset: QuerySet[Person], text: str) -> tuple[QuerySet[Person], str | None]:
        return search.search_people(queryset, text)

    @admin.display(ordering="_movies")
    def movies(self, person: Any) -> int:
        count: int = person._movies
        return count

    def merge(self, kept_id: int, merged_id: int) -> None:
        services.merge_people(kept_id=kept_id, merged_id=merged_id)

    def preview(self, kept: Person, merged: Person) -> dict[str, Any]:
        return super().preview(kept, merged) | {"to_merge_first": services.same_after_merge(kept, merged)}

    @admin.display(description="films")
    def movie_links(self, person: Any) -> str:
        credits = (
            Credit.objects.filter(person=person).values("movie").annotate(roles=ArrayAgg("role", order_by="-role"))
        )
        newest = credits.order_by(F("movie__year").desc(nulls_last=True), "-movie")[:_MOVIES_LISTED]
        roles = {credit["movie"]: " and ".join(credit["roles"]) for credit in newest}
        movies = Movie.objects.in_bulk(roles)
        lines = format_html_join(
            mark_safe("<br>"),
            '<a href="{}">{}</a>, {}',
            [(reverse("admin:movies_movie_change", args=[pk]), movies[pk], role) for pk, role in roles.items()],
        )
        shown = f", of which the newest {len(roles)}" if person._movies > len(roles) else ""
        return format_html("{} films{}:<br>{}", f"{person._movies:,}", shown, lines)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return _kept_by(Movie.objects.filter(credits__person__in=objs)) or super().get_deleted_objects(objs, request)

    def save_model(self, request: HttpRequest, obj: Person, form: ModelForm, change: bool) -> None:
        if change:
            services.rename_person(person_id=obj.pk, name=obj.name)
        else:
            obj.edited = True
            super().save_model(request, obj, form, change)
            services.own_name(obj)

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        lock_editing()

    def refusal(self, error: Exception) -> str | None:
        if isinstance(error, services.MovieExists):
            return "Nothing was saved: two films would have one title, year and director. Merge these first."
        return super().refusal(error)

    def delete_model(self, request: HttpRequest, obj: Person) -> None:
        services.remove_people([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        services.remove_people(list(queryset.values_list("pk", flat=True)))


@admin.register(Genre)
class GenreAdmin(NamedMergeAdmin):
    list_display = ("name", "movies")
    search_fields = ("name",)
    ordering = ("name",)
    chosen_by = MovieGenre._meta.get_field("genre")

    def get_queryset(self, request: HttpRequest) -> Any:
        return selectors.with_movie_counts(super().get_queryset(request))

    @admin.display(ordering="movies")
    def movies(self, genre: Any) -> int:
        count: int = genre.movies
        return count

    def merge(self, kept_id: int, merged_id: int) -> None:
        services.merge_genres(kept_id=kept_id, merged_id=merged_id)

    @admin.display(description="films")
    def movie_links(self, genre: Any) -> str:
        address = reverse("admin:movies_movie_changelist")
        return format_html('<a href="{}?genres__id__exact={}">{} films</a>', address, genre.pk, f"{genre.movies:,}")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return _kept_by(Movie.objects.filter(genre_links__genre__in=objs)) or super().get_deleted_objects(objs, request)

    def save_model(self, request: HttpRequest, obj: Genre, form: ModelForm, change: bool) -> None:
        if change:
            services.rename_genre(genre_id=obj.pk, name=obj.name)
        else:
            obj.edited = True
            super().save_model(request, obj, form, change)
            services.own_name(obj)

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        lock_editing()

    def delete_model(self, request: HttpRequest, obj: Genre) -> None:
        services.remove_genres([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Genre]) -> None:
        services.remove_genres(list(queryset.values_list("pk", flat=True)))


@admin.register(SourceRow)
class SourceRowAdmin(ReadOnlyAdmin):
    """Read-only; deleting any row of a removed film lets the next import add the film again."""

    list_display = ("key", "source", "movie")
    list_filter = ("source", ("movie", admin.EmptyFieldListFilter))
    list_select_related = ("movie",)
    search_fields = ("key",)
    search_help_text = (
        "Part of the title, the year or the first director; accents and capitals do not matter. Or the id of the row."
    )
    ordering = ("key", "source")
    raw_id_fields = ("movie",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SourceRow], search_term: str
    ) -> tuple[QuerySet[SourceRow], bool]:
        exact = queryset.filter(key=search_term.strip())
        if exact.exists():
            return exact, False
        return super().get_search_results(request, queryset, fold(search_term) if search_term else "")

    def delete_model(self, request: HttpRequest, obj: SourceRow) -> None:
        services.let_imports_add([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SourceRow]) -> None:
        services.let_imports_add(list(queryset.values_list("pk", flat=True)))


def _kept_by(movies: QuerySet[Movie]) -> tuple[list[str], dict[str, int], set[str], list[str]] | None:
    """For the deletion page: the first films that keep a genre or person from being deleted; None if there are none."""
    titles = movies_named(movies)
    return ([], {}, set(), titles) if titles else None
