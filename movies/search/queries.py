"""What somebody typed, as the lexemes that answer it, before it is asked in fields and tiers."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from movies.folding import accented, fold
from movies.search import numbers
from movies.search.lexemes import SMALL_WORDS, letters_from, stem, wholes, words_of
from movies.search.scripts import goes_on, parts

_MOST_WORDS = 6  # of a query that are looked up; more of them tell no more
_ENTITY = re.compile(r"&#?\w{1,31};")

Stems = tuple[str, ...]  # any of which answers a word


class Query(NamedTuple):
    key: str
    words: tuple[str, ...]  # of the key
    letters_from: int  # the place from which on a letter may be a number
    wholes: tuple[str, ...]  # lexemes of a whole title; the first has its numbers as they are written
    starts: tuple[str, ...]  # of those that go on with other words
    goes_on: bool  # its last word may be a part of one
    every: tuple[Stems, ...]  # one after the other, up to the last that tells something
    telling: tuple[Stems, ...]  # without small words
    numbers: tuple[str, ...]  # that may be written otherwise
    accented: tuple[str, ...]
    all_accented: bool  # its words are those with accents, and no others


@lru_cache(1000)
def read(text: str) -> Query:
    """Characters may be written as HTML entities, as in what was copied from a page."""
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    key = fold(text)
    words, titles = words_of(key), wholes(key)
    answered = list(dict.fromkeys(part for word in numbers.in_digits(words) for part in parts(word)))
    telling = ([word for word in answered if word not in SMALL_WORDS] or answered)[:_MOST_WORDS]
    beside = set(answered[letters_from(answered) :])
    stems = {word: _stems(word, is_beside=word in beside) for word in answered}
    with_accents = sorted(accented(text))
    return Query(
        key=key,
        words=tuple(words),
        letters_from=letters_from(words),
        wholes=tuple(titles),
        starts=tuple(f"{title} " for title in titles),
        goes_on=goes_on(key),
        every=tuple(stems[word] for word in answered[: answered.index(telling[-1]) + 1 if telling else 0]),
        telling=tuple(stems[word] for word in telling),
        numbers=tuple(_numbers(words))[:_MOST_WORDS],
        accented=tuple(with_accents[:_MOST_WORDS]),
        all_accented=len(with_accents) <= _MOST_WORDS and set(map(fold, with_accents)) == set(answered),
    )


def read_all(texts: Iterable[str]) -> list[Query]:
    """Those in which there is anything."""
    return [query for query in map(read, texts) if query.key]


def _stems(word: str, *, is_beside: bool) -> Stems:
    """Of a word; a number beside another word may be a letter, and a letter a number."""
    other = numbers.otherwise(word) if is_beside else None
    return (stem(word), other) if other else (stem(word),)


def _numbers(words: Sequence[str]) -> Iterator[str]:
    yield from filter(numbers.is_number, words)
    yield from (word for word in words[letters_from(words) :] if word in numbers.LETTERS)
