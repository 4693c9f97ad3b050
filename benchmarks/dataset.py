"""Writes a made-up file in the format of Kaggle's "IMDB data from 2006 to 2016": for one length always the same file.

The frequency of its words follows Zipf's law, as in natural language: the k-th most frequent word is about 1/k as
frequent as the first. So indexes grow as they do with real files.
"""

import csv
import random
from collections.abc import Iterator
from itertools import accumulate, count
from pathlib import Path

from benchmarks import words

_HEADER = (
    "Rank", "Title", "Genre", "Description", "Director", "Actors", "Year", "Runtime (Minutes)", "Rating", "Votes",
    "Revenue (Millions)", "Metascore",
)  # fmt: skip
_VOCABULARY = 30_000
_MOVIES_PER_NAME = 2  # on average; some names have hundreds, most have few
_SYLLABLES = ("ba", "den", "ka", "lor", "mi", "na", "or", "pel", "qua", "ri", "sto", "ten", "u", "ver", "wil", "zo")


def write(path: Path, movies: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(_rows(movies))


def _rows(movies: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(movies)
    told, titled = _zipf(chance, _vocabulary(), 1.0), _zipf(chance, _vocabulary(), 0.7)
    named = _zipf(chance, _names(max(movies // _MOVIES_PER_NAME, 10)), 0.6)
    genres = _drawn(chance, list(words.GENRES), list(words.GENRES.values()))
    for rank in range(1, movies + 1):
        rated = chance.random() < 0.95
        yield (
            rank,
            " ".join(next(titled) for _ in range(chance.choice((1, 2, 2, 3, 3, 4)))).title(),
            ",".join(dict.fromkeys(next(genres) for _ in range(chance.choice((1, 2, 3, 3))))),
            " ".join(next(told) for _ in range(chance.randint(12, 32))).capitalize() + ".",
            next(named),
            ", ".join(dict.fromkeys(next(named) for _ in range(4))),
            2026 - int(105 * chance.random() ** 2),
            70 + int(110 * chance.random() ** 2),
            round(2 + 7 * (chance.random() + chance.random()) / 2, 1) if rated else "",
            int(10 ** (1 + 5 * chance.random() ** 2)) if rated else "",
            round(10 ** (4 * chance.random() - 2), 2) if chance.random() < 0.6 else "",
            chance.randint(10, 99) if chance.random() < 0.6 else "",
        )


def _zipf(chance: random.Random, choices: list[str], exponent: float) -> Iterator[str]:
    return _drawn(chance, choices, [1 / place**exponent for place in range(1, len(choices) + 1)])


def _drawn(chance: random.Random, choices: list[str], weights: list[float]) -> Iterator[str]:
    cumulative = list(accumulate(weights))
    while True:
        yield from chance.choices(choices, cum_weights=cumulative, k=1000)


def _vocabulary() -> list[str]:
    """Short words first, as frequent words of a language are short."""
    known = [word for phrase in words.phrases(200) for word in phrase.lower().strip(".").split()]
    made_up = ("".join(_digits(number)) for number in count(len(_SYLLABLES)))
    return list(dict.fromkeys([*known, *(next(made_up) for _ in range(_VOCABULARY))]))


def _names(number: int) -> list[str]:
    first, last = words.FIRST_NAMES, words.LAST_NAMES
    parts = ((first[n % len(first)], n // len(first)) for n in range(number))
    return [f"{name} {''.join(_digits(n + 300)).capitalize()} {last[n % len(last)]}" for name, n in parts]


def _digits(number: int) -> list[str]:
    digits = []
    while number:
        number, digit = divmod(number, len(_SYLLABLES))
        digits.append(_SYLLABLES[digit])
    return digits
