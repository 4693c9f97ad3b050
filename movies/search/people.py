"""Search for people by parts of their names, for the admin."""

from collections.abc import Sequence

from django.db import models

from movies.folding import fold
from movies.models import Person
from movies.search import vocabulary
from movies.search.correcting import MAX_CORRECTED_WORDS
from movies.search.vocabulary import Guess

_MAX_GUESSES = 5  # per word
_MAX_NAMES = 24  # candidates of one query
_MAX_SEEN = 100  # people whose names are compared with the candidates


def search_people(people: models.QuerySet[Person], text: str) -> tuple[models.QuerySet[Person], str | None]:
    """People whose names have all words, annotated with `_match`; and the corrected text, if nobody matches `text`."""
    words = fold(text).split()
    if not people.filter(_has(words)).exists() and (corrected := _corrected(people, words)):
        return _matching(people, corrected), " ".join(corrected)
    return _matching(people, words), None


def _matching(people: models.QuerySet[Person], words: Sequence[str]) -> models.QuerySet[Person]:
    """The exact name, then names that begin with the text, then names with a word that does."""
    name = " ".join(words)
    match = models.Case(
        models.When(name_key=name, then=3),
        models.When(name_key__startswith=name, then=2),
        models.When(name_key__contains=f" {name}", then=1),
        default=0,
        output_field=models.IntegerField(),
    )
    return people.filter(_has(words)).annotate(_match=match)


def _corrected(people: models.QuerySet[Person], words: Sequence[str]) -> Sequence[str] | None:
    """The words, some replaced by similar known ones, with the fewest edits that match somebody; None if none do."""
    names = _candidates(words) if len(words) <= MAX_CORRECTED_WORDS else []
    if not names:
        return None
    any_of = models.Q(*map(_has, names), _connector=models.Q.OR)
    keys = list(people.filter(any_of).order_by().values_list("name_key", flat=True)[:_MAX_SEEN])
    return next((name for name in names if any(all(word in key for word in name) for key in keys)), None)


def _candidates(words: Sequence[str]) -> list[list[str]]:
    """Combinations of the words and similar ones, fewest edits first, without the words themselves."""
    similar = vocabulary.similar_words(words).run()
    options = [[Guess(0, 0, word), *similar[word][:_MAX_GUESSES]] for word in words]
    return [text.split() for text in vocabulary.likeliest(options)[1 : _MAX_NAMES + 1]]


def _has(words: Sequence[str]) -> models.Q:
    return models.Q(*(models.Q(name_key__contains=word) for word in words))
