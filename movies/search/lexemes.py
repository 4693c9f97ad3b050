"""Lexemes: what search documents contain, made of a film's title, people and description.

A lexeme is the letter of a field and an English stem, so that "dreams" matches "dream"; or a whole title. Titles and
names also have their words without stemming, for type-ahead and typos, and their words with accents. The lexemes of
documents and of queries are made here only.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from Stemmer import Stemmer  # type: ignore[import-not-found]  # it has no types

from movies.folding import accented, fold
from movies.search import numbers
from movies.search.scripts import words_or_bigrams

VERSION = 2  # increment when stored lexemes change: older documents are then rebuilt

TITLE, PEOPLE, DESCRIPTION = "t", "p", "d"
TITLE_WORD, NAME_WORD = "w", "n"
ACCENTED_TITLE, ACCENTED_NAME = "T", "P"
_WHOLE, _WHOLE_IN_DIGITS = "=", "#"

# Stop words, none of which is a name: "lord rings" is enough for "The Lord of the Rings".
STOP_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])

_LEADING_ARTICLES = re.compile("(?:(?:the|an?) )+")

# Limits in characters of up to four bytes each; PostgreSQL's limit is 2,046 bytes.
_MAX_WORD_LENGTH, _MAX_TITLE_LENGTH = 200, 500
_MAX_CACHED_LENGTH, _MAX_CACHED = 40, 100_000

_stemmer = Stemmer("english", 0)  # without a cache of its own, which would have long words too


class FoldedText(NamedTuple):
    """A title or a name, as it is written and folded."""

    text: str
    key: str


def of_movie(
    titles: Sequence[FoldedText], year: int | None, people: Sequence[FoldedText], description: str
) -> list[str]:
    """The lexemes of a film. Each stem is in its best field only; the year is in the field of people."""
    dated = [str(year)] if year else []
    title_words, name_words = _words(titles), _words(people)
    description_words = [word for word in words_of(fold(description)) if word not in STOP_WORDS]
    titled = _stems(title_words).union(*(numbers.compounds(words_of(title.key)) for title in titles))
    named = _stems(name_words).union(dated) - titled
    described = _stems(description_words).union(numbers.compounds(description_words)) - titled - named
    fields = (
        (TITLE, titled), (PEOPLE, named), (DESCRIPTION, described), (TITLE_WORD, title_words), (NAME_WORD, name_words),
        (ACCENTED_TITLE, _accented(titles)), (ACCENTED_NAME, _accented(people)),
    )  # fmt: skip
    whole_titles = _whole_titles(titles)
    return [
        *sorted({*whole_titles, *(f"{text} {year}" for text in whole_titles if year)}),
        *[field + word for field, words in fields if words for word in sorted(words)],
    ]


def _whole_titles(titles: Iterable[FoldedText]) -> set[str]:
    keys = {key for title in titles for key in (title.key, " ".join(_joined(title)) or title.key)}
    return {whole_title_lexeme(key) for key in keys}.union(*(whole_title_in_digits(title.key) for title in titles))


def words_of(key: str) -> list[str]:
    """The words of a folded text; none if it is only punctuation."""
    words = key.split()
    if len(key) <= _MAX_WORD_LENGTH and "".join(words).isalnum():
        return words
    return [word[:_MAX_WORD_LENGTH] for word in words if word.isalnum() or any(map(str.isalnum, word))]


def whole_title_lexeme(key: str) -> str:
    """The lexeme of a whole folded title, without leading articles."""
    return _WHOLE + _without_article(key)[:_MAX_TITLE_LENGTH]


def whole_title_in_digits(key: str) -> list[str]:
    """The lexeme of a whole folded title with its numbers in digits; none if that is the title as it is."""
    words = _without_article(key).split()
    if not numbers.any_convertible(words):
        return []
    converted = numbers.in_digits_with_letters(words, letters_from(words))
    return [] if converted == words else [_WHOLE_IN_DIGITS + " ".join(converted)[:_MAX_TITLE_LENGTH]]


def whole_title_lexemes(key: str) -> list[str]:
    """The lexemes of a whole folded title, whose numbers may be written in any form; the first has them as they are."""
    written = _without_article(key).split()
    words = numbers.in_digits_with_letters(written, letters_from(written))
    if not any(map(numbers.is_number, words)):
        return [whole_title_lexeme(key)]
    in_digits = " ".join(words)[:_MAX_TITLE_LENGTH]
    return list(dict.fromkeys([whole_title_lexeme(key), _WHOLE + in_digits, _WHOLE_IN_DIGITS + in_digits]))


def letters_from(words: Sequence[str]) -> int:
    """The position from which on a letter may be a Roman numeral: after the first word that is not a stop word."""
    return next((place for place, word in enumerate(words, start=1) if word not in STOP_WORDS), len(words))


def _without_article(key: str) -> str:
    articles = _LEADING_ARTICLES.match(key)
    return key[articles.end() :] if articles else key


class _Stems(dict[str, str]):
    """By word its stem, or a number in digits. Caches words of usual length."""

    def __missing__(self, word: str) -> str:
        stemmed: str = numbers.DIGITS.get(word) or _stemmer.stemWord(word)
        if len(word) <= _MAX_CACHED_LENGTH:
            if len(self) >= _MAX_CACHED:
                self.clear()
            self[word] = stemmed
        return stemmed


stem = _Stems().__getitem__


def _stems(words: Collection[str]) -> set[str]:
    if "".join(words).isascii():
        return set(map(stem, words))
    return {stem(part) for word in words for part in words_or_bigrams(word)}


def _accented(texts: Iterable[FoldedText]) -> set[str]:
    return {word[:_MAX_WORD_LENGTH] for text in texts if not text.text.isascii() for word in accented(text.text)}


def _words(texts: Iterable[FoldedText]) -> set[str]:
    return {word for text in texts for word in words_of(text.key) + _joined(text)}


def _joined(text: FoldedText) -> list[str]:
    """The words, joined where only punctuation separates them: "Spider-Man" as "spiderman". Empty without such."""
    if len(text.text) == len(text.key) and text.text.lower() == text.key:
        return []  # no punctuation: the fast path for most
    parts = [part for part in text.text.split() if any(map(str.isalnum, part))]  # not a dash between two words
    if len(text.key.split()) == len(parts):
        return []
    return list(filter(None, ("".join(words_of(fold(part)))[:_MAX_WORD_LENGTH] for part in parts)))
