from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminBigIntegerFieldWidget
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from movies import search, selectors, services, statements
from movies.admin.actions import SelectionActions
from movies.admin.history import HistoryAdmin, author, parse_id
from movies.admin.merging import MovieMergeAdmin, NamedMergeAdmin, first_titles, references_to
from movies.admin.posters import PosterAdmin
from movies.admin.searching import SearchAdmin, SuggestsPeople
from movies.folding import fold
from movies.forms import MovieForm
from movies.history import Author
from movies.importing.readers import READERS
from movies.locks import lock_editing, lock_editing_shared
from movies.models import Change, Credit, Genre, LikeCount, Movie, MovieGenre, Person, SourceRow
from netflix.api.admin import ConflictAdmin, ReadOnlyAdmin, ServiceDeletesMixin
from netflix.api.admin_filters import RangeFilter, ValueFilter
from netflix.hot.steps import run_steps

_MOVIES_LISTED = 50  # at most, of one person
_FACTS = (
    ("title", "year"), "genres", "directors", "actors", "description", ("certificate", "runtime_minutes"),
    ("imdb_rating", "imdb_votes"), ("revenue_usd", "metascore"), "poster", "poster_file",
)  # fmt: skip


class CertificateFilter(ValueFilter):
    title = parameter_name = "certificate"

    def values(self) -> Iterable[str]:
        return statements.filter_choices().run().certificates


class SourceFilter(ValueFilter):
    title = parameter_name = "source"

    def values(self) -> Iterable[str]:
        return ("staff", *READERS)


@admin.register(Movie)
class MovieAdmin(
    PosterAdmin, HistoryAdmin, MovieMergeAdmin, SelectionActions, SuggestsPeople, ServiceDeletesMixin, SearchAdmin
):
    kind = Change.Kind.MOVIE
    list_display = (
        "title", "year", "genre_names", "runtime", "certificate", "rating", "votes", "likes", "thumbnail",
    )  # fmt: skip
    list_filter = (
        "genres", ("year", RangeFilter), ("imdb_rating", RangeFilter), ("imdb_votes", RangeFilter),
        CertificateFilter, SourceFilter,
    )  # fmt: skip
    search_fields = ("title",)  # shows the search box; SearchAdmin does the searching
    search_help_text = "Words of the title, the people or the description."
    relevance = ("-_match", "-search__votes", "-id")
    ordering = ("title_key", "id")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("likes", "source", "external_ids")
    form = MovieForm
    formfield_overrides = ConflictAdmin.formfield_overrides | {
        models.IntegerField: {"widget": AdminBigIntegerFieldWidget},  # the default one is too narrow for 7 digits
    }
    actions = ("let_imports_change", "bulk_edit", "export_csv")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movie]:
        return super().get_queryset(request).select_related("like_count").prefetch_related("genres")

    def get_fieldsets(self, request: HttpRequest, obj: Movie | None = None) -> Any:
        about = [] if obj is None else [("Where it comes from", {"fields": self.readonly_fields})]
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        # Read-only, the poster's field would show its stored name, which tells staff nothing.
        facts = _FACTS if may_write else [fact for fact in _FACTS if fact != "poster"]
        return [(None, {"fields": facts}), *about]

    def get_form(self, request: HttpRequest, obj: Movie | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.may_add_people = request.user.has_perm("movies.add_person")
        return form

    def search_results(self, queryset: QuerySet[Movie], text: str) -> tuple[QuerySet[Movie], str | None]:
        correction = run_steps(search.correct_if_unmatched(text))
        return search.matching(queryset, correction.texts), correction.did_you_mean

    @admin.display(description="genres")
    def genre_names(self, movie: Movie) -> str:
        return ", ".join(sorted(genre.name for genre in movie.genres.all()))

    @admin.display(ordering="runtime_minutes")
    def runtime(self, movie: Movie) -> str | None:
        return f"{movie.runtime_minutes} min" if movie.runtime_minutes else None

    @admin.display(description="IMDb", ordering="imdb_rating")
    def rating(self, movie: Movie) -> Any:
        return movie.imdb_rating

    @admin.display(ordering="imdb_votes")
    def votes(self, movie: Movie) -> str | None:
        return None if movie.imdb_votes is None else f"{movie.imdb_votes:,}"

    @admin.display(ordering="like_count__likes")
    def likes(self, movie: Movie) -> str:
        try:
            return f"{movie.like_count.likes:,}"
        except LikeCount.DoesNotExist:
            return "0"

    @admin.display
    def directors(self, movie: Movie) -> str:
        """For staff without the permission to change films."""
        return ", ".join(selectors.names_in(movie)["directors"])

    @admin.display
    def actors(self, movie: Movie) -> str:
        return ", ".join(selectors.names_in(movie)["actors"])

    @admin.display(description="known elsewhere as")
    def external_ids(self, movie: Movie) -> str:
        ids = movie.external_ids.order_by("name").values_list("name", flat=True)
        return ", ".join(ids) or self.get_empty_value_display()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Titles, and how many rows are deleted with them: listing all likes of a film would take long.

        Whoever may delete a film may delete what belongs to it.
        """
        movies = list(objs)
        counts = references_to(movies, only_cascading=True)
        return [str(movie) for movie in movies], {"films": len(movies)} | counts, set(), []

    def delete_row(self, request: HttpRequest, row: Movie) -> None:
        services.remove_movie(movie_id=row.pk, by=author(request))

    @admin.action(description="Let imports change the selected films again", permissions=["change"])
    def let_imports_change(self, request: HttpRequest, queryset: QuerySet[Movie]) -> None:
        edited = list(queryset.exclude(edited=[]).values_list("pk", flat=True))
        movies = services.let_imports_change(edited, by=author(request))
        messages.success(request, f"The next import may change all facts of {movies} films again.")

    def save_model(self, request: HttpRequest, obj: Movie, form: Any, change: bool) -> None:
        with form.facts() as facts:
            if not change:
                obj.pk = services.add_movie(by=author(request), **facts)
            elif facts:
                services.change_movie(movie_id=obj.pk, by=author(request), **facts)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """`save_model` has stored genres and people too."""

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Lock the row before the form reads it, so that nobody changes it in between."""
        lock_editing_shared()
        if object_id is not None and (movie_id := parse_id(object_id)) is not None:
            Movie.objects.select_for_update(no_key=True).filter(pk=movie_id).first()

    def conflict_message(self, error: Exception) -> str | None:
        if isinstance(error, services.MovieExists):
            return "Nothing was saved: a film with this title, year and director is already there."
        if isinstance(error, services.PosterNotStored):
            return "Nothing was saved, because the poster could not be stored. Try again in a moment."
        if isinstance(error, services.GenreGone):
            return "A genre was deleted in the meantime. Look at what was changed, and try again."
        return super().conflict_message(error)


class NamedAdmin(HistoryAdmin, NamedMergeAdmin):
    """People and genres, which are added, renamed and, without films, removed by the services."""

    def rename(self, row: Any, by: Author) -> None:
        """Call the service."""
        raise NotImplementedError

    def lock(self, request: HttpRequest, object_id: str | None) -> None:
        lock_editing()

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if change:
            self.rename(obj, author(request))
        else:
            services.add_named(obj, by=author(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Rows with films are protected: list the first films instead of deleting."""
        titles = first_titles(self.movies_of(*objs))
        return ([], {}, set(), titles) if titles else super().get_deleted_objects(objs, request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.remove_named(self.model, [obj.pk], by=author(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        services.remove_named(self.model, list(queryset.values_list("pk", flat=True)), by=author(request))


@admin.register(Person)
class PersonAdmin(NamedAdmin, SearchAdmin):
    kind = Change.Kind.PERSON
    list_display = ("name", "movies")
    search_fields = ("name_key",)
    search_help_text = "Part of the name; accents and capitals do not matter."
    ordering = ("name_key",)
    relevance = ("-_match", "name_key")
    show_full_result_count = False
    foreign_key = Credit._meta.get_field("person")

    def get_queryset(self, request: HttpRequest) -> Any:
        credits = Credit.objects.filter(person=OuterRef("pk")).order_by().values("person")
        movies = credits.annotate(count=Count("movie", distinct=True)).values("count")
        return super().get_queryset(request).annotate(_movies=Coalesce(Subquery(movies), 0))

    def search_results(self, queryset: QuerySet[Person], text: str) -> tuple[QuerySet[Person], str | None]:
        return search.search_people(queryset, text)

    @admin.display(ordering="_movies")
    def movies(self, person: Any) -> int:
        return int(person._movies)

    def merge(self, request: HttpRequest, kept_id: int, merged_id: int) -> None:
        services.merge_people(kept_id=kept_id, merged_id=merged_id, by=author(request))

    def preview(self, kept: Person, merged: Person) -> dict[str, Any]:
        return super().preview(kept, merged) | {"to_merge_first": services.duplicates_after_merge(kept, merged)}

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
        heading = "1 film" if person._movies == 1 else f"{person._movies:,} films"
        return format_html("{}{}:<br>{}", heading, shown, lines)

    def rename(self, row: Person, by: Author) -> None:
        services.rename_person(person_id=row.pk, name=row.name, by=by)

    def conflict_message(self, error: Exception) -> str | None:
        if isinstance(error, services.MovieExists):
            return "Nothing was saved: two films would have the same title, year and director. Merge these first."
        return super().conflict_message(error)


@admin.register(Genre)
class GenreAdmin(NamedAdmin):
    kind = Change.Kind.GENRE
    list_display = ("name", "movies")
    search_fields = ("name",)
    ordering = ("name",)
    foreign_key = MovieGenre._meta.get_field("genre")

    def get_queryset(self, request: HttpRequest) -> Any:
        return selectors.with_movie_counts(super().get_queryset(request))

    @admin.display(ordering="movies")
    def movies(self, genre: Any) -> int:
        return int(genre.movies)

    def merge(self, request: HttpRequest, kept_id: int, merged_id: int) -> None:
        services.merge_genres(kept_id=kept_id, merged_id=merged_id, by=author(request))

    @admin.display(description="films")
    def movie_links(self, genre: Any) -> str:
        url = reverse("admin:movies_movie_changelist")
        return format_html('<a href="{}?genres__id__exact={}">{} films</a>', url, genre.pk, f"{genre.movies:,}")

    def rename(self, row: Genre, by: Author) -> None:
        services.rename_genre(genre_id=row.pk, name=row.name, by=by)


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
