"""The film's form in the admin. It validates before anything is written, so that it keeps what was typed.

Genres, directors and actors are lists of names, one a line; with JavaScript (static/movies/names.js) each name is a
tag, and people are suggested. A name is taken exactly as it was typed, never replaced by the first suggestion.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from movies import limits, search, selectors
from movies.folding import fold
from movies.links import keys_of
from movies.locks import lock_name
from movies.models import Genre, Movie, Person, name_taken
from movies.poster_fields import PosterForm

_PEOPLE = ("directors", "actors")


class NamesInput(forms.Textarea):
    """`options`: a function that returns all names to choose from. `suggest_url`: where the script asks for people."""

    template_name = "admin/movies/names_input.html"

    class Media:
        js = (forms.Script("movies/names.js", defer=True),)

    def __init__(self, *, options: Any = tuple, suggest_url: Any = "") -> None:
        super().__init__({"rows": 2})
        self.options = options
        self.suggest_url = suggest_url
        self.new_names: Collection[str] = ()  # names that the page says are new

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {
            "options": "\n".join(self.options()),
            "suggest_url": self.suggest_url,
            "new_names": "\n".join(self.new_names),
        }
        return context


class NamesField(forms.CharField):
    """A list of names, each once, whatever its accents and capitals.

    The form sends the initial value along, so that only a list that was changed is stored.
    """

    def __init__(self, *, maximum: int, widget: NamesInput, **kwargs: Any) -> None:
        super().__init__(widget=widget, strip=False, show_hidden_initial=True, **kwargs)
        self.maximum = maximum

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = value if isinstance(value, list) else (value or "").splitlines()
        names: dict[str, str] = {}
        for name in (" ".join(line.split()) for line in lines):
            if name:
                names.setdefault(fold(name), name)
        return list(names.values())

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(value) > self.maximum:
            raise ValidationError(f"There is room for {self.maximum} names.")
        for name in value:
            if len(name) > limits.NAME_LENGTH:
                raise ValidationError(f"“{name[:50]}…” is too long for a name: at most {limits.NAME_LENGTH} letters.")

    def run_validators(self, value: Any) -> None:
        for name in value:
            super().run_validators(name)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class GenresField(NamesField):
    default_error_messages = {"required": "Give at least one genre."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(maximum=limits.MAX_GENRES, widget=NamesInput(options=_genre_names), **kwargs)

    def clean(self, value: Any) -> Any:
        names: Sequence[str] = super().clean(value)
        genres = {genre.name.casefold(): genre for genre in selectors.genres_named(list(names))}
        unknown = [name for name in names if name.casefold() not in genres]
        if unknown:
            raise ValidationError(
                f"There is no genre {_quoted(unknown)}. Choose one of the list, or add it under Genres."
            )
        return [genres[name.casefold()] for name in names]


def _genre_names() -> list[str]:
    return list(Genre.objects.order_by("name").values_list("name", flat=True))


class PeopleField(NamesField):
    def __init__(self, help_text: str) -> None:
        widget = NamesInput(suggest_url=reverse_lazy("admin:movies_movie_people"))
        help_text += " People who are not there yet are added."
        super().__init__(maximum=limits.MAX_PEOPLE, required=False, widget=widget, help_text=help_text)


class MovieForm(PosterForm):
    """Requires a year and a genre, as the API does, unless the stored film has none.

    Refuses a film whose title, year and first director the catalogue has already. Refuses people who are not in the
    catalogue, unless the page has marked them as new.
    """

    genres = GenresField()
    directors = PeopleField("The first director identifies the film.")
    actors = PeopleField("In the order of their billing.")
    may_add_people = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        stored: dict[str, Any] = {} if is_new else {**selectors.names_in(self.instance)}
        self.initial = {**self.initial, **stored}
        if not is_new:
            self._add_sources_to_help_texts()
        if "year" in self.fields:
            self.fields["year"].required = is_new or self.instance.year is not None
        if "genres" in self.fields:
            self.fields["genres"].required = is_new or bool(stored["genres"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for role in _PEOPLE:
            if cleaned.get(role):
                self._check_new_people(role, cleaned[role])
        self._check_duplicates(cleaned)
        return cleaned

    def _add_sources_to_help_texts(self) -> None:
        for fact, source in selectors.movie_sources(self.instance.pk).items():
            if fact in self.fields:
                field = self.fields[fact]
                origin = "Edited here; imports leave it." if source == "staff" else f"From {source}."
                field.help_text = f"{field.help_text} {origin}".strip()

    def _check_new_people(self, role: str, names: Sequence[str]) -> None:
        known = selectors.people_named(names)
        new = [name for name in names if fold(name) not in known]
        shown = {fold(name) for name in self.data.get(self.add_prefix(f"{role}-new"), "").splitlines()}
        widget: Any = self.fields[role].widget
        widget.new_names = new
        if new and not self.may_add_people:
            self.add_error(role, f"The catalogue does not have {_quoted(new)}, and you may not add people.")
        elif unseen := [name for name in new if fold(name) not in shown]:
            self.add_error(role, ValidationError([_unknown_person_error(name) for name in unseen]))

    def _check_duplicates(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("title") or "year" not in cleaned or "directors" not in cleaned:
            return
        movie = Movie(pk=self.instance.pk, title_key=fold(cleaned["title"]), year=cleaned["year"])
        movie.director_key = next(iter(keys_of(cleaned["directors"][:1]).values()), "")
        if selectors.has_stored_identity(movie):
            return
        lock_name(movie.title_key, movie.year)
        duplicate = selectors.possible_duplicates(movie).first()
        if duplicate is not None:
            message = "%(other)s is already in the catalogue. If there are two such films, both need their directors."
            self.add_error(None, name_taken(message, duplicate))


def _unknown_person_error(name: str) -> str:
    similar: Any
    similar, corrected = search.search_people(Person.objects.all(), name)
    person = similar.order_by("-_match", "name_key").first() if corrected else None
    guess = f" Did you mean {person}?" if person else ""
    return f"“{name}” is not in the catalogue.{guess} Save again to add this person."


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
