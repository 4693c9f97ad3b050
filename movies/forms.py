"""What the admin's forms refuse before anything is written, so that they keep what was typed."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm

from movies import selectors
from movies.folding import fold
from movies.locks import lock_name
from movies.models import Credit, Person, taken


class MovieForm(ModelForm):
    """A new film has a year, as in the API; one that came without keeps being none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "year" in self.fields:
            self.fields["year"].required = self.instance.pk is None or self.instance.year is not None


class GenreFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        had_some = self.instance.pk is None or self.initial_form_count()
        if had_some and not any(_stays(form) for form in self.forms):
            raise ValidationError("Give at least one genre.")


class CreditFormSet(BaseInlineFormSet):
    """Knows the film's title and year from its form, and its first director from the rows."""

    def clean(self) -> None:
        super().clean()
        movie: Any = self.instance
        movie.title_key, movie.director_key = fold(movie.title), self._director_key()
        if not movie.title or selectors.is_known_as_that(movie):
            return
        lock_name(movie.title_key, movie.year)
        twin = selectors.twins(movie).first()
        if twin is not None:
            said = "%(other)s is already in the catalogue. If there are two such films, both need their directors."
            raise taken(said, twin)

    def _director_key(self) -> str:
        directors = [
            (form.cleaned_data.get("billing") or 1, position, _person_of(form).name_key)
            for position, form in enumerate(self.forms)
            if _stays(form)
            and form.cleaned_data.get("role") == Credit.Role.DIRECTOR
            and form.cleaned_data.get("person")
        ]
        return min(directors)[2] if directors else ""


def _person_of(row: Any) -> Person:
    """Of a row that somebody may only look at, the form knows no more than the id."""
    person = row.cleaned_data["person"]
    stored: Person = person if isinstance(person, Person) else row.instance.person
    return stored


def edited_facts(form: ModelForm, formsets: Any) -> set[str]:
    """Which facts of a film, by the names of services.MovieFacts, forms have changed."""
    facts = set(form.changed_data)
    for formset in formsets:
        changed = [row for row in formset.forms if row.has_changed()]
        if isinstance(formset, GenreFormSet) and changed:
            facts.add("genres")
        if isinstance(formset, CreditFormSet):
            facts |= {_LISTS[role] for row in changed for role in _roles(row)}
    return facts


_LISTS = {Credit.Role.DIRECTOR: "directors", Credit.Role.CAST: "actors"}


def _roles(row: Any) -> set[Any]:
    """The role that a row has now, and the one that it had."""
    return {role for role in (row.cleaned_data.get("role"), row.initial.get("role")) if role}


def _stays(form: Any) -> bool:
    said = getattr(form, "cleaned_data", {})
    return bool(said) and not said.get("DELETE")
