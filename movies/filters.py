from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Subquery
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from movies import limits, selectors
from movies.folding import fold
from movies.models import Credit, Genre, Movie, MovieGenre

_SHOWN_CHOICES = 50
_MOST_VALUES = 8  # each genre asked for is one more join


class KnownValuesField(forms.MultipleChoiceField):
    """Values out of those the catalogue has, in any case; an error names the ones that are allowed."""

    def to_python(self, value: Any) -> list[str]:
        """Different spellings of a value are one value; more of them than any film has are refused."""
        spellings = {text.strip().casefold(): text for text in super().to_python(value) if text}
        if not spellings:
            return []
        known = {str(name).casefold(): str(name) for name, _ in self.choices}  # type: ignore[union-attr, misc]
        if unknown := next((text for spelling, text in spellings.items() if spelling not in known), None):
            allowed = ", ".join(list(known.values())[:_SHOWN_CHOICES]) or "nothing yet, the catalogue has none"
            raise ValidationError(
                "%(unknown)s is not in the catalogue. Allowed: %(allowed)s.",  # what is quoted may have % of its own
                code="invalid_choice",
                params={"unknown": f"{unknown!r:.60}", "allowed": allowed},
            )
        if len(spellings) > _MOST_VALUES:
            raise ValidationError(
                "Give at most %(most)s of them, not %(given)s.",
                code="too_many",
                params={"most": _MOST_VALUES, "given": len(spellings)},
            )
        return [known[spelling] for spelling in spellings]

    def validate(self, value: list[str]) -> None:
        """Nothing more: `to_python` gives known values only."""


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
        lambda: selectors.filter_choices().genres,
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
        lambda: selectors.filter_choices().certificates,
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

    def from_year(self, movies: QuerySet[Movie], name: str, value: int) -> QuerySet[Movie]:
        return movies.filter(_year__gte=max(value, limits.FIRST_YEAR))  # type: ignore[misc]  # `selectors.movies` adds it

    def until_year(self, movies: QuerySet[Movie], name: str, value: int) -> QuerySet[Movie]:
        return movies.filter(_year__range=(limits.FIRST_YEAR, value))  # type: ignore[misc]  # `selectors.movies` adds it

    def of_genres(self, movies: QuerySet[Movie], name: str, value: list[str]) -> QuerySet[Movie]:
        """The first one leads: its links are in the order of the films' ids, so that a page by id is one range."""
        if not value:
            return movies
        first, *others = map(_genre_id, value)
        movies = movies.filter(genre_links__genre=first).annotate(_id=F("genre_links__movie"))
        for genre in others:
            movies = movies.filter(pk__in=MovieGenre.objects.filter(genre=genre).values("movie"))
        return movies

    def of_certificates(self, movies: QuerySet[Movie], name: str, value: list[str]) -> QuerySet[Movie]:
        return movies.filter(certificate__in=value)

    def by_person(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        return movies.filter(pk__in=Credit.objects.filter(person__name_key=fold(value)).values("movie"))

    def unchanged(self, movies: QuerySet[Movie], name: str, value: str) -> QuerySet[Movie]:
        """The view searches among the films that the filters leave, and the pagination puts the page in order."""
        return movies


def _genre_id(name: str) -> Subquery:
    """Within the statement; not a join, so that PostgreSQL sees one genre and reads its links in order."""
    return Subquery(Genre.objects.filter(name=name).values("pk")[:1])
