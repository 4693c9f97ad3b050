"""Validation in the admin's forms, before anything is written, so that they keep what was typed."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm

from movies import selectors
from movies.folding import fold
from movies.locks import lock_name
from movies.models import Credit, Person, name_taken


class MovieForm(ModelForm):
    """Requires a year, as the API does, unless the stored film has none."""

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
    """Refuses a film that is in the catalogue already, by its title, year and first director."""

    def clean(self) -> None:
        super().clean()
        movie: Any = self.instance
        movie.title_key, movie.director_key = fold(movie.title), self._director_key()
        if not movie.title or selectors.has_stored_identity(movie):
            return
        lock_name(movie.title_key, movie.year)
        duplicate = selectors.possible_duplicates(movie).first()
        if duplicate is not None:
            message = "%(other)s is already in the catalogue. If there are two such films, both need their directors."
            raise name_taken(message, duplicate)

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
    """The person of a row; a read-only row has cleaned only the id."""
    person = row.cleaned_data["person"]
    stored: Person = person if isinstance(person, Person) else row.instance.person
    return stored


def edited_facts(form: ModelForm, formsets: Any) -> set[str]:
    """The facts of a film that the forms have changed, by their names in services.MovieFacts."""
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
    """The current and the former role of a row."""
    return {role for role in (row.cleaned_data.get("role"), row.initial.get("role")) if role}


def _stays(form: Any) -> bool:
    data = getattr(form, "cleaned_data", {})
    return bool(data) and not data.get("DELETE")
