"""What a film is found by: the words of its title, its people and its description, each in its field.

A lexeme is a letter for the field and a word in its English stem, so that "dreams" finds "dream"; or a whole title. The
words of titles and names are there as they are written, too, for who has typed the beginning of one, or mistyped it;
those with accents also with these. Stored ones and those of a query are made here, and nowhere else.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from Stemmer import Stemmer  # type: ignore[import-not-found]  # it has no types

from movies.folding import accented, fold
from movies.search import numbers
from movies.search.scripts import parts

VERSION = 1  # one more with each change of what is stored: documents of an older version are then made anew

TITLE, PEOPLE, DESCRIPTION = "t", "p", "d"
TITLE_WORD, NAME_WORD = "w", "n"
ACCENTED_TITLE, ACCENTED_NAME = "T", "P"
_WHOLE, _WHOLE_IN_DIGITS = "=", "#"

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
    told_words = [word for word in words_of(fold(description)) if word not in SMALL_WORDS]
    titled = _stems(title_words).union(numbers.compounds(words_of(title.key)))
    named = _stems(name_words).union(dated) - titled
    told = _stems(told_words).union(numbers.compounds(told_words)) - titled - named
    fields = (
        (TITLE, titled), (PEOPLE, named), (DESCRIPTION, told), (TITLE_WORD, title_words), (NAME_WORD, name_words),
        (ACCENTED_TITLE, _accented([title])), (ACCENTED_NAME, _accented(people)),
    )  # fmt: skip
    keys = {title.key, " ".join(_joined(title)) or title.key}
    titles = {whole(key) for key in keys}.union(whole_in_digits(title.key))
    return [
        *sorted({" ".join([text, *more]) for text in titles for more in ([], dated)}),
        *(field + word for field, words in fields for word in sorted(words)),
    ]


def words_of(key: str) -> list[str]:
    """The words of a folded text; none if it is of punctuation alone."""
    return [word[:_LONGEST_WORD] for word in key.split() if word.isalnum() or any(map(str.isalnum, word))]


def whole(key: str) -> str:
    """The lexeme of a whole folded title; with articles before it or without, it is the same."""
    return _WHOLE + _without_article(key)[:_LONGEST_TITLE]


def whole_in_digits(key: str) -> list[str]:
    """The lexeme of a whole folded title with its numbers in digits, if it has them otherwise."""
    words = _without_article(key).split()
    if not numbers.are_among(words):
        return []
    spoken = numbers.spoken(words, letters_from(words))
    return [] if spoken == words else [_WHOLE_IN_DIGITS + " ".join(spoken)[:_LONGEST_TITLE]]


def wholes(key: str) -> list[str]:
    """The lexemes of a whole folded title, whose numbers may be written otherwise; the first is as they are here."""
    written = _without_article(key).split()
    words = numbers.spoken(written, letters_from(written))
    if not any(map(numbers.is_number, words)):
        return [whole(key)]
    in_digits = " ".join(words)[:_LONGEST_TITLE]
    return list(dict.fromkeys([whole(key), _WHOLE + in_digits, _WHOLE_IN_DIGITS + in_digits]))


def letters_from(words: Sequence[str]) -> int:
    """From which place on a letter may be a Roman numeral: behind the first word that tells something."""
    return next((place for place, word in enumerate(words, start=1) if word not in SMALL_WORDS), len(words))


def _without_article(key: str) -> str:
    while article := next((article for article in _ARTICLES if key.startswith(article) and key != article), None):
        key = key.removeprefix(article)
    return key


def stem(word: str) -> str:
    """Of a word, or a number in digits. Words of a usual length are remembered."""
    return _stem(word) if len(word) > _LONGEST_REMEMBERED else _remembered_stem(word)


def _stem(word: str) -> str:
    stemmed: str = numbers.DIGITS.get(word) or _stemmer.stemWord(word)
    return stemmed


_remembered_stem = lru_cache(100_000)(_stem)


def _stems(words: Collection[str]) -> set[str]:
    if all(map(str.isascii, words)):
        return set(map(stem, words))
    return {stem(part) for word in words for part in parts(word)}


def _accented(texts: Iterable[Spoken]) -> set[str]:
    return {word[:_LONGEST_WORD] for text in texts if not text.text.isascii() for word in accented(text.text)}


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
