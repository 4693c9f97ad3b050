"""Parses typed queries into stems and lexemes, which are not yet bound to fields and tiers."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from movies.folding import accented, fold
from movies.search import numbers
from movies.search.lexemes import STOP_WORDS, letters_from, stem, whole_title_lexemes, words_of
from movies.search.scripts import may_continue, words_or_bigrams

MAX_SEARCHED_WORDS = 6  # of a query that are looked up
_ENTITY = re.compile(r"&#?\w{1,31};")

Stems = tuple[str, ...]  # of one word; any of them may match


class ParsedQuery(NamedTuple):
    key: str
    words: tuple[str, ...]  # of the key
    letters_from: int  # the position from which on a letter may be a number
    whole_title_lexemes: tuple[str, ...]  # the first has numbers as they are written
    title_prefixes: tuple[str, ...]  # of the lexemes of titles that continue with other words
    may_continue: bool  # the last word may be a part of a word
    all_stems: tuple[Stems, ...]  # in order, up to the last of `significant_stems`
    significant_stems: tuple[Stems, ...]  # without stop words
    numbers: tuple[str, ...]  # words that are numbers with other forms
    accented: tuple[str, ...]
    all_accented: bool  # whether every word has an accent


@lru_cache(1000)
def parse_query(text: str) -> ParsedQuery:
    """Parse a query. HTML entities, as in text copied from a page, are decoded."""
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    key = fold(text)
    words, titles = words_of(key), whole_title_lexemes(key)
    terms = list(dict.fromkeys(part for word in numbers.in_digits(words) for part in words_or_bigrams(word)))
    significant = ([word for word in terms if word not in STOP_WORDS] or terms)[:MAX_SEARCHED_WORDS]
    every = terms[: terms.index(significant[-1]) + 1] if significant else []
    stems = _stems(terms)
    with_accents = sorted(accented(text))
    return ParsedQuery(
        key=key,
        words=tuple(words),
        letters_from=letters_from(words),
        whole_title_lexemes=tuple(titles),
        title_prefixes=tuple(f"{title} " for title in titles),
        may_continue=may_continue(key),
        all_stems=tuple(map(stems.__getitem__, every)),
        significant_stems=tuple(map(stems.__getitem__, significant)),
        numbers=tuple(_numbers(words))[:MAX_SEARCHED_WORDS],
        accented=tuple(with_accents[:MAX_SEARCHED_WORDS]),
        all_accented=len(with_accents) <= MAX_SEARCHED_WORDS and set(map(fold, with_accents)) == set(terms),
    )


def parse_queries(texts: Iterable[str]) -> list[ParsedQuery]:
    """The parsed queries, except empty ones."""
    return [query for query in map(parse_query, texts) if query.key]


def _stems(terms: Sequence[str]) -> dict[str, Stems]:
    """The stems of each word; after other words a number may be a Roman numeral, and a letter a number."""
    later = set(terms[letters_from(terms) :])
    others = {word: numbers.other_form(word) if word in later else None for word in terms}
    return {word: (stem(word), other) if other else (stem(word),) for word, other in others.items()}


def _numbers(words: Sequence[str]) -> Iterator[str]:
    yield from filter(numbers.is_number, words)
    yield from (word for word in words[letters_from(words) :] if word in numbers.LETTERS)
