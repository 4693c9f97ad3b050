from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db.models import F, QuerySet
from django.http import QueryDict
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from movies import limits, selectors, statements
from movies.folding import fold
from movies.importing.cells import usual_countries
from movies.models import Credit, Movie


class CatalogueChoiceField(forms.MultipleChoiceField):
    """Case-insensitive choices from the values in the catalogue; the error lists the allowed ones."""

    def to_python(self, value: Any) -> list[str]:
        """Remove duplicates that differ only in case or outer spaces, and refuse too many values."""
        spellings = {text.strip().casefold(): text.strip() for text in super().to_python(value) if text}
        if len(spellings) > limits.VALUES_AT_ONCE:
            raise ValidationError(
                "Give at most %(most)s of them, not %(given)s.",
                code="too_many",
                params={"most": limits.VALUES_AT_ONCE, "given": len(spellings)},
            )
        return list(spellings.values())

    def validate(self, value: list[str]) -> None:
        """Queries the database."""
        statements.catalogue_spelling(value, [str(name) for name, _ in self.choices])  # type: ignore[union-attr, misc]


class CatalogueChoiceFilter(filters.MultipleChoiceFilter):
    """The schema documents it as a string, not as an enum, because the allowed values change."""

    field_class = CatalogueChoiceField

    def __init__(self, method: str, names: Callable[[], list[str]], *, help_text: str, **kwargs: Any) -> None:
        super().__init__(
            method=method, choices=lambda: [(name, name) for name in names()], help_text=help_text, **kwargs
        )
        extend_schema_field({"type": "string", "description": help_text})(self)


class WholeNumberFilter(filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, *args: Any, help_text: str, **kwargs: Any) -> None:
        super().__init__(*args, help_text=help_text, **kwargs)
        extend_schema_field({"type": "integer", "description": help_text})(self)

    def get_max_validator(self) -> None:
        """No maximum: a number beyond all films is valid and matches nothing."""


class OrderingField(forms.ChoiceField):
    default_error_messages = {
        "invalid_choice": f"%(value)s is not an ordering. Allowed: {', '.join(selectors.ORDERINGS)}."
    }


class OrderingFilter(filters.ChoiceFilter):
    field_class = OrderingField


class MovieFilter(filters.FilterSet):
    """Every filter narrows the list."""

    q = filters.CharFilter(
        method="unchanged",
        max_length=limits.QUERY_LENGTH,
        strip=False,  # a blank query is valid and matches nothing
        label="Keywords",
        help_text="Words of the title, the original title, the people or the description, or the year, in any order.",
    )
    genre = CatalogueChoiceFilter(
        "of_genres",
        lambda: statements.filter_choices().run().genres,
        label="Genre",
        help_text="A genre's name. Given several times: films that have all of these genres.",
    )
    # The same expressions as in the orderings (a missing year is 0), so that filters can use the orderings' indexes.
    year = WholeNumberFilter("_year", label="Year", help_text="Films of this year.")
    year_min = WholeNumberFilter("_year", "gte", label="From year", help_text="Films of this year and later.")
    year_max = WholeNumberFilter(method="until_year", label="To year", help_text="Films of this year and earlier.")
    rating_min = filters.NumberFilter(
        "_rating",
        "gte",
        label="IMDb rating from",
        help_text="Films with at least this rating on IMDb, 0 to 10.",
        min_value=0,
        max_value=limits.MAX_RATING,
        decimal_places=1,
    )
    votes_min = WholeNumberFilter(
        "_votes", "gte", label="IMDb votes from", help_text="Films with at least this many votes on IMDb."
    )
    runtime_max = WholeNumberFilter(
        "runtime_minutes", "lte", label="Minutes at most", help_text="Films that are not longer than this."
    )
    person = filters.CharFilter(
        method="by_person",
        max_length=limits.NAME_LENGTH,
        label="Person",
        help_text="Full name of a director or actor.",
    )
    certificate = CatalogueChoiceFilter(
        "of_certificates",
        lambda: statements.filter_choices().run().certificates,
        label="Certificate",
        help_text="An age certificate that films of the catalogue carry; several give films with any of them.",
    )
    country = filters.CharFilter(
        method="from_country",
        max_length=limits.NAME_LENGTH,
        label="Country",
        help_text="One of the countries where the film was made, such as France.",
    )
    language = filters.CharFilter(
        "original_language",
        max_length=3,
        label="Original language",
        help_text="ISO 639 code of the language that the film was made in, such as fr.",
    )
    ordering = OrderingFilter(
        method="unchanged",
        choices=[(name, name) for name in selectors.ORDERINGS],
        label="Order",
        help_text="A minus turns the order round. Without one: best match first if `q` is given, else by id.",
    )

    class Meta:
        model = Movie
        fields: list[str] = []

    # Each value that these methods get is a `netflix.hot.compiled.Parameter`.

    def until_year(self, movies: QuerySet[Movie], name: str, value: int) -> QuerySet[Movie]:
        return movies.filter(_year__range=(limits.FIRST_YEAR, value))  # type: ignore[misc]  # `selectors.movies` adds it

    def of_genres(self, movies: QuerySet[Movie], name: str, value: list[Any]) -> QuerySet[Movie]:
        """Join the first genre: its links are indexed by film id, so a page ordered by id is one index range."""
        first, *others = value
        movies = movies.filter(genre_links__genre=selectors.genre_id_named(first)).annotate(_id=F("genre_links__movie"))
        for genre in others:
            movies = movies.filter(pk__in=selectors.movies_of_genre(genre))
        return movies

    def of_certificates(self, movies: QuerySet[Movie], name: str, value: list[Any]) -> QuerySet[Movie]:
        return movies.filter(certificate__in=value)

    def by_person(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        return movies.filter(pk__in=Credit.objects.filter(person__name_key=value).values("movie"))

    def from_country(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        named: Any = movies.alias(_countries=selectors.lower_countries())
        made_there: QuerySet[Movie] = named.filter(_countries__contains=[value])
        return made_there

    def unchanged(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """No filtering here: `MovieList` handles the search and the ordering."""
        return movies


def filters_with(names: Iterable[str]) -> type[MovieFilter]:
    """MovieFilter with filters by viewer-specific members, which `movies.rows.ViewerFlags` parses and applies."""
    flags = {
        name: filters.ChoiceFilter(
            method="unchanged",
            choices=[("1", "yes"), ("0", "no")],
            label=name.capitalize(),
            help_text=f"With a login: 1 for films with `{name}` true, 0 for all others.",
        )
        for name in names
    }
    return type("ViewerMovieFilter", (MovieFilter,), flags)


# Conversions of parameters to the values in the SQL; numbers are limited to PostgreSQL's integer and smallint.
_MAX_INTEGER, _MAX_SMALLINT = 2**31 - 1, 2**15 - 1
_COMPARED: dict[str, Callable[[Any], Any]] = {
    "year": lambda year: year if limits.FIRST_YEAR <= year <= limits.LAST_YEAR else -1,  # 0 is no year
    "year_min": lambda year: min(max(year, limits.FIRST_YEAR), _MAX_INTEGER),
    "year_max": lambda year: max(min(year, _MAX_INTEGER), -_MAX_INTEGER),
    "runtime_max": lambda minutes: max(min(minutes, _MAX_SMALLINT), -_MAX_SMALLINT),
    "votes_min": lambda votes: max(min(votes, _MAX_INTEGER), 0),
    "person": fold,
    "country": lambda name: usual_countries([name])[0].lower(),
    "language": str.lower,
}


def parse_filters(query: QueryDict) -> dict[str, list[Any]]:
    """Parse query parameters into values for the SQL, by parameter name, without querying the database.

    Raises Django's ValidationError for the first error only; MovieFilter's form reports them all.
    """
    compared: dict[str, list[Any]] = {}
    for name, each in MovieFilter.base_filters.items():
        field = each.field
        text = field.widget.value_from_datadict(query, {}, name)
        if isinstance(field, CatalogueChoiceField):
            if values := field.to_python(text):
                compared[name] = values
        elif (value := field.clean(text)) not in EMPTY_VALUES:
            compared[name] = [_COMPARED.get(name, lambda same: same)(value)]
    return compared


def apply_filters(movies: QuerySet[Movie], filters: Mapping[str, Sequence[Any]]) -> QuerySet[Movie]:
    """The films that match all of these filters, whose values are SQL expressions."""
    form = MovieFilter(queryset=movies)
    for name, values in filters.items():
        if name not in form.filters:
            continue  # a viewer's own: `movies.rows.ViewerFlags` applies it
        is_list = isinstance(form.filters[name], CatalogueChoiceFilter)
        movies = form.filters[name].filter(movies, list(values) if is_list else values[0])
    return movies
