"""What a film is found by: the words of its title, its people and its description, each in its field.

A lexeme is a letter for the field and a word in its English stem, so that "dreams" finds "dream"; or a whole title. The
words of titles and names are there as they are written, too, for who has typed the beginning of one, or mistyped it.
Stored ones and those of a query are made here, and nowhere else.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from Stemmer import Stemmer  # type: ignore[import-not-found]  # it has no types

from movies.folding import fold

VERSION = 1  # one more with each change of what is stored: documents of an older version are then made anew

TITLE, PEOPLE, DESCRIPTION = "t", "p", "d"
TITLE_WORD, NAME_WORD = "w", "n"
_WHOLE = "="

# They say little of a film and are nobody's name: "lord rings" is enough for "The Lord of the Rings".
SMALL_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])

_ARTICLES = ("the ", "a ", "an ")

# In characters, which have up to four bytes; PostgreSQL takes 2,046 bytes.
_LONGEST_WORD, _LONGEST_TITLE = 200, 500
_LONGEST_REMEMBERED = 40

_stemmer = Stemmer("english")


class Spoken(NamedTuple):
    """A title or a name, and the same folded."""

    text: str
    key: str


def of_film(title: Spoken, year: int | None, people: Sequence[Spoken], description: str) -> list[str]:
    """Each lexeme once, in its best field; the year is a word beside the people's names."""
    dated = [str(year)] if year else []
    title_words, name_words = _words([title]), _words(people)
    titled = set(map(stem, title_words))
    named = {*map(stem, name_words), *dated} - titled
    told = {stem(word) for word in words_of(fold(description)) if word not in SMALL_WORDS} - titled - named
    fields = (
        (TITLE, titled), (PEOPLE, named), (DESCRIPTION, told), (TITLE_WORD, title_words), (NAME_WORD, name_words),
    )  # fmt: skip
    keys = {title.key, " ".join(_joined(title)) or title.key}
    return [
        *sorted({" ".join([whole(key), *more]) for key in keys for more in ([], dated)}),
        *(field + word for field, words in fields for word in sorted(words)),
    ]


def words_of(key: str) -> list[str]:
    """The words of a folded text; none if it is of punctuation alone."""
    return [word[:_LONGEST_WORD] for word in key.split() if word.isalnum() or any(map(str.isalnum, word))]


def whole(key: str) -> str:
    """The lexeme of a whole folded title; with articles before it or without, it is the same."""
    while article := next((article for article in _ARTICLES if key.startswith(article) and key != article), None):
        key = key.removeprefix(article)
    return _WHOLE + key[:_LONGEST_TITLE]


def stem(word: str) -> str:
    """Words of a usual length are remembered."""
    return _stem(word) if len(word) > _LONGEST_REMEMBERED else _remembered_stem(word)


def _stem(word: str) -> str:
    stemmed: str = _stemmer.stemWord(word)
    return stemmed


_remembered_stem = lru_cache(100_000)(_stem)


def _words(texts: Iterable[Spoken]) -> set[str]:
    return set(chain.from_iterable(map(_words_of_one, texts)))


@lru_cache(20_000)  # many people have many films
def _words_of_one(text: Spoken) -> tuple[str, ...]:
    return (*words_of(text.key), *_joined(text))


def _joined(spoken: Spoken) -> list[str]:
    """Its words, those that only punctuation keeps apart as one: "Spider-Man" is "spiderman", too. None if none are."""
    parts = [part for part in spoken.text.split() if any(map(str.isalnum, part))]  # not a dash between two words
    if len(spoken.key.split()) == len(parts):
        return []
    return list(filter(None, ("".join(words_of(fold(part)))[:_LONGEST_WORD] for part in parts)))
