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
from movies.models import Credit, Movie, MovieGenre

_SHOWN_CHOICES = 50
_MOST_VALUES = 8  # each genre asked for is one more join


class KnownValuesField(forms.MultipleChoiceField):
    """Values out of those the catalogue has, in any case; an error names the ones that are allowed."""

    def to_python(self, value: Any) -> list[str]:
        """Different spellings of a value are one value; more of them than any film has are refused."""
        spellings = {text.strip().casefold(): text.strip() for text in super().to_python(value) if text}
        if len(spellings) > _MOST_VALUES:
            raise ValidationError(
                "Give at most %(most)s of them, not %(given)s.",
                code="too_many",
                params={"most": _MOST_VALUES, "given": len(spellings)},
            )
        return list(spellings.values())

    def validate(self, value: list[str]) -> None:
        """Reads the catalogue."""
        known_as(value, [str(name) for name, _ in self.choices])  # type: ignore[union-attr, misc]


def known_as(values: Iterable[str], known: Sequence[str]) -> list[str]:
    """The values as the catalogue writes them. Raises Django's ValidationError."""
    by_spelling = {name.casefold(): name for name in known}
    if unknown := next((text for text in values if text.casefold() not in by_spelling), None):
        allowed = ", ".join(known[:_SHOWN_CHOICES]) or "nothing yet, the catalogue has none"
        raise ValidationError(
            "%(unknown)s is not in the catalogue. Allowed: %(allowed)s.",  # what is quoted may have % of its own
            code="invalid_choice",
            params={"unknown": f"{unknown!r:.60}", "allowed": allowed},
        )
    return [by_spelling[text.casefold()] for text in values]


class KnownValuesFilter(filters.MultipleChoiceFilter):
    field_class = KnownValuesField


class WholeNumberFilter(filters.NumberFilter):
    field_class = forms.IntegerField

    def get_max_validator(self) -> None:
        """A number that no film reaches matches nothing: that is no mistake."""


class OrderingField(forms.ChoiceField):
    default_error_messages = {
        "invalid_choice": f"%(value)s is not an ordering. Allowed: {', '.join(selectors.ORDERINGS)}."
    }


class OrderingFilter(filters.ChoiceFilter):
    field_class = OrderingField


def _known_values(method: str, names: Callable[[], list[str]], *, label: str, help_text: str) -> KnownValuesFilter:
    """The schema says texts: those that are known may be others tomorrow."""
    field = KnownValuesFilter(
        method=method, choices=lambda: [(name, name) for name in names()], label=label, help_text=help_text
    )
    documented: KnownValuesFilter = extend_schema_field({"type": "string", "description": help_text})(field)
    return documented


class MovieFilter(filters.FilterSet):
    """Every filter narrows the list."""

    q = filters.CharFilter(
        method="unchanged",
        max_length=limits.QUERY_LENGTH,
        strip=False,  # blanks are a query, too, which finds nothing
        label="Keywords",
        help_text="Words of the title, the people or the description, or the year, in any order.",
    )
    genre = _known_values(
        "of_genres",
        lambda: statements.filter_choices().run().genres,
        label="Genre",
        help_text="A genre's name. Given again, the film must have each of them.",
    )
    # As the orderings have them, so that an index of an ordering serves its filter too: absent years are 0.
    year_min = WholeNumberFilter(method="from_year", label="From year")
    year_max = WholeNumberFilter(method="until_year", label="To year")
    rating_min = filters.NumberFilter(
        "_rating",
        "gte",
        label="IMDb rating from",
        min_value=0,
        max_value=limits.MAX_RATING,
        decimal_places=1,
    )
    runtime_max = WholeNumberFilter("runtime_minutes", "lte", label="Minutes at most")
    person = filters.CharFilter(
        method="by_person",
        max_length=limits.NAME_LENGTH,
        label="Person",
        help_text="Full name of a director or actor.",
    )
    certificate = _known_values(
        "of_certificates",
        lambda: statements.filter_choices().run().certificates,
        label="Certificate",
        help_text="An age certificate that films of the catalogue carry; several give films with any of them.",
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

    # These are called with a `netflix.hot.compiled.Parameter` for each value.

    def from_year(self, movies: QuerySet[Movie], name: str, value: Any) -> QuerySet[Movie]:
        return movies.filter(_year__gte=value)  # type: ignore[misc]  # `selectors.movies` adds it

    def until_year(self, movies: QuerySet[Movie], name: str, value: Any) -> QuerySet[Movie]:
        return movies.filter(_year__range=(limits.FIRST_YEAR, value))  # type: ignore[misc]  # `selectors.movies` adds it

    def of_genres(self, movies: QuerySet[Movie], name: str, value: list[Any]) -> QuerySet[Movie]:
        """The first one leads: its links are in the order of the films' ids, so that a page by id is one range."""
        first, *others = map(selectors.genre_id_named, value)
        movies = movies.filter(genre_links__genre=first).annotate(_id=F("genre_links__movie"))
        for genre in others:
            movies = movies.filter(pk__in=MovieGenre.objects.filter(genre=genre).values("movie"))
        return movies

    def of_certificates(self, movies: QuerySet[Movie], name: str, value: list[Any]) -> QuerySet[Movie]:
        return movies.filter(certificate__in=value)

    def by_person(self, movies: QuerySet[Movie], name: str, value: Any) -> QuerySet[Movie]:
        return movies.filter(pk__in=Credit.objects.filter(person__name_key=value).values("movie"))

    def unchanged(self, movies: QuerySet[Movie], name: str, value: Any) -> QuerySet[Movie]:
        """The list searches among the films that the filters leave, and puts the page in order."""
        return movies


# What the rows are compared with, where that is not the value itself. No film has a number beyond PostgreSQL's integer,
# or a runtime beyond its smallint.
_MOST, _LONGEST = 2**31 - 1, 2**15 - 1
_COMPARED: dict[str, Callable[[Any], Any]] = {
    "year_min": lambda year: min(max(year, limits.FIRST_YEAR), _MOST),
    "year_max": lambda year: max(min(year, _MOST), -_MOST),
    "runtime_max": lambda minutes: max(min(minutes, _LONGEST), -_LONGEST),
    "person": fold,
}


def understood(given: QueryDict) -> dict[str, list[Any]]:
    """By the parameter's name, the values that films are compared with; without reading the catalogue.

    Raises Django's ValidationError. MovieFilter's form says all that is wrong.
    """
    compared: dict[str, list[Any]] = {}
    for name, each in MovieFilter.base_filters.items():
        field = each.field
        text = field.widget.value_from_datadict(given, {}, name)
        if isinstance(field, KnownValuesField):
            if values := field.to_python(text):
                compared[name] = values
        elif (value := field.clean(text)) not in EMPTY_VALUES:
            compared[name] = [_COMPARED.get(name, lambda same: same)(value)]
    return compared


def filtered(movies: QuerySet[Movie], filters: Mapping[str, Sequence[Any]]) -> QuerySet[Movie]:
    """The films that all of these filters leave. The values are expressions."""
    form = MovieFilter(queryset=movies)
    for name, values in filters.items():
        is_list = isinstance(form.filters[name], KnownValuesFilter)
        movies = form.filters[name].filter(movies, list(values) if is_list else values[0])
    return movies
