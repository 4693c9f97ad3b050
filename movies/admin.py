from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from movies import search, selectors, services
from movies.folding import fold
from movies.models import Credit, Genre, Movie, MovieGenre, Person, Popularity


class GenreInline(admin.TabularInline):
    model = MovieGenre
    extra = 0
    verbose_name = "genre"
    autocomplete_fields: ClassVar = ["genre"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MovieGenre]:
        return super().get_queryset(request).select_related("genre").order_by("genre__name")


class CreditInline(admin.TabularInline):
    model = Credit
    extra = 0
    autocomplete_fields: ClassVar = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        return super().get_queryset(request).select_related("person").order_by("-role", "billing", "id")


@admin.register(Movie)
class MovieAdmin(admin.ModelAdmin):
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
    search_fields = ("title",)  # shows the box; the search is the service's own
    search_help_text = "Words of the title, the people or the description."
    ordering = ("title_key", "id")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("source", "source_id", "likes")
    inlines = (GenreInline, CreditInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movie]:
        return super().get_queryset(request).select_related("popularity").prefetch_related("genres")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Movie], search_term: str
    ) -> tuple[QuerySet[Movie], bool]:
        return (search.matching(queryset, search_term) if search_term.strip() else queryset), False

    @admin.display(description="genres")
    def genre_names(self, movie: Movie) -> str:
        return ", ".join(sorted(genre.name for genre in movie.genres.all()))

    @admin.display(ordering="popularity__likes")
    def likes(self, movie: Movie) -> int:
        try:
            return movie.popularity.likes
        except Popularity.DoesNotExist:
            return 0

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.refresh([form.instance.pk])

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page saves film and credits in one transaction; a film that thereby equals another undoes it all."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except services.MovieExists:
            messages.error(request, "Nothing was saved: a film with this title, year and director is already there.")
            return HttpResponseRedirect(request.get_full_path())


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    list_display = ("name", "films")
    search_fields = ("name_key",)
    search_help_text = "Part of the name; accents and capitals do not matter."
    ordering = ("name_key",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        credits = Credit.objects.filter(person=OuterRef("pk")).order_by().values("person")
        films = credits.annotate(count=Count("movie", distinct=True)).values("count")
        return super().get_queryset(request).annotate(_films=Coalesce(Subquery(films), 0))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Person], search_term: str
    ) -> tuple[QuerySet[Person], bool]:
        return super().get_search_results(request, queryset, fold(search_term) if search_term else "")

    @admin.display(ordering="_films")
    def films(self, person: Any) -> int:
        count: int = person._films
        return count

    def save_model(self, request: HttpRequest, obj: Person, form: ModelForm, change: bool) -> None:
        if change:
            services.rename_person(person_id=obj.pk, name=obj.name)
        else:
            super().save_model(request, obj, form, change)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except services.MovieExists:
            messages.error(request, "Nothing was saved: with this name two films would be the same.")
            return HttpResponseRedirect(request.get_full_path())


@admin.register(Genre)
class GenreAdmin(admin.ModelAdmin):
    list_display = ("name", "films")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return selectors.with_movie_counts(super().get_queryset(request))

    @admin.display(ordering="movies")
    def films(self, genre: Any) -> int:
        count: int = genre.movies
        return count
