"""Spelling correction of queries that match nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise, product
from typing import NamedTuple

from movies.search import numbers, vocabulary
from movies.search.lexemes import words_of
from movies.search.matching import Match
from movies.search.pages import best
from movies.search.queries import read
from movies.search.vocabulary import Guess
from netflix.hot.steps import Steps

_MOST_WORDS = 8  # longer queries are not corrected
_MOST_GUESSES = 5  # per word
_MOST_KEYS, _MOST_WORDS_OF_KEYS = 24, 32  # candidates of one search, and words of them
_MOST_PRODUCTS = 1000
_UNLIKELY = 3  # more edits than any guess has
_MOST_TRIED = 3  # candidates searched one by one, to choose `did_you_mean`


class Understood(NamedTuple):
    texts: list[str]  # candidate queries; the query itself if it needs no correction
    did_you_mean: str | None = None


# Searches for several queries: the best match of any of them and the film's id; None without a match.
Find = Callable[[Sequence[str]], Steps[tuple[Match, int] | None]]


def best_of(texts: Sequence[str]) -> Steps[tuple[Match, int] | None]:
    match: tuple[Match, int] | None = yield best(texts)
    return match


def understood(query: str) -> Steps[Understood]:
    """The query itself if it matches anything, else its corrections."""
    return Understood([query]) if (yield best([query])) else (yield from guess(query))


def guess(query: str, find: Find = best_of) -> Steps[Understood]:
    """Corrections of a query that match something; the query itself if there are none."""
    words = list(read(query).words)
    if not words or len(words) > _MOST_WORDS:
        return Understood([query])
    splits = {word: _splits(word) for word in words}
    joined = ["".join(pair) for pair in pairwise(words)]
    looked_up = {*words, *joined, *(part for pairs in splits.values() for pair in pairs for part in pair)}
    mistyped = [word for word in words if not word.isdecimal() and not (numbers.is_number(word) and len(words) > 1)]
    known, near = yield vocabulary.known_and_near(looked_up, mistyped)
    most = min(_MOST_KEYS, _MOST_WORDS_OF_KEYS // len(words))

    def guesses(word: str, near: Sequence[Guess]) -> list[Guess]:
        two_words = [
            Guess(1, -min(known[first], known[last]), f"{first} {last}")
            for first, last in splits[word]
            if first in known and last in known
        ]
        return sorted([*near, *two_words])[:_MOST_GUESSES]

    # First replace unknown words. Each is also tried unchanged, after its guesses: it may be a word of descriptions.
    options = [[*(guesses(word, near[word]) if word in near else ()), _as_is(word)] for word in words]
    keys = [*_with_joined(words, joined, known), *_likeliest(options)][:most]
    if keys != [" ".join(words)] and (corrected := (yield from _corrected(keys, words, find))):
        return corrected
    # Then replace one known word.
    near = yield vocabulary.near([word for word in mistyped if word in known])
    others = sorted((guess, place) for place, word in enumerate(words) for guess in guesses(word, near.get(word, [])))
    keys = [_replaced(words, place, guess.text) for guess, place in others[:most]]
    corrected = (yield from _corrected(keys, words, find)) if keys else None
    return corrected or Understood([query])


def _corrected(keys: list[str], words: list[str], find: Find) -> Steps[Understood | None]:
    """The candidates, if any of them matches well enough, and the one that matches the best film."""
    match, movie_id = (yield from find(keys)) or (None, 0)
    has_number = len(words) > 1 and any(map(numbers.is_number, words))
    # "rocky 3" must not become "ricky 3", which matches a Ricky and a 3 somewhere: a number belongs to the title.
    if match is None or (match < Match.TITLE and has_number):
        return None
    if len(keys) == 1:
        return Understood(keys, keys[0])
    movie_words = yield vocabulary.of_movie(movie_id)
    likely = sorted(keys, key=lambda key: -len(movie_words.intersection(words_of(key))))
    if movie_words.issuperset(words_of(likely[0])):  # it matches the film
        return Understood(keys, likely[0])
    for key in likely[:_MOST_TRIED]:
        if ((yield best([key])) or (None, 0))[1] == movie_id:
            return Understood(keys, key)
    return Understood(keys, likely[0])


def _with_joined(words: list[str], joined: list[str], known: Iterable[str]) -> Iterator[str]:
    """ "inter stellar" as "interstellar"."""
    for place, word in enumerate(joined):
        if word in known:
            yield _replaced(words, place, word, instead_of=2)


def _likeliest(options: Sequence[Sequence[Guess]]) -> list[str]:
    """The combinations of one guess per word, fewest edits first."""
    combinations = islice(product(*options), _MOST_PRODUCTS)
    likeliest = sorted(combinations, key=lambda guesses: (sum(guess.edits for guess in guesses), guesses))
    return [" ".join(guess.text for guess in guesses) for guesses in likeliest]


def _replaced(words: list[str], place: int, text: str, *, instead_of: int = 1) -> str:
    return " ".join([*words[:place], text, *words[place + instead_of :]])


def _as_is(word: str) -> Guess:
    return Guess(_UNLIKELY, 0, word)


def _splits(word: str) -> list[tuple[str, str]]:
    """ "starwars" as "star wars"."""
    return [(word[:place], word[place:]) for place in range(2, len(word) - 1)]
