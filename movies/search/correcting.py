"""Spelling correction of queries that match nothing."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from movies.search import numbers, vocabulary
from movies.search.lexemes import words_of
from movies.search.matching import Match
from movies.search.pages import best
from movies.search.queries import parse_query
from movies.search.vocabulary import Guess, SimilarWords
from netflix.hot.steps import Steps

MAX_CORRECTED_WORDS = 8  # longer queries are not corrected
_MAX_GUESSES = 5  # per word
_MAX_KEYS, _MAX_WORDS_OF_KEYS = 24, 32  # candidates of one search, and words of them
_UNLIKELY = 3  # more edits than any guess has
_MAX_TRIED = 3  # candidates searched one by one, to choose `did_you_mean`


class Correction(NamedTuple):
    texts: list[str]  # candidate queries; the query itself if it needs no correction
    did_you_mean: str | None = None


# Searches for several queries: the best match of any of them and the film's id; None without a match.
Find = Callable[[Sequence[str]], Steps[tuple[Match, int] | None]]


def best_of(texts: Sequence[str]) -> Steps[tuple[Match, int] | None]:
    match: tuple[Match, int] | None = yield best(texts)
    return match


def correct_if_unmatched(query: str) -> Steps[Correction]:
    """The query itself if it matches anything, else its corrections."""
    return Correction([query]) if (yield best([query])) else (yield from correct(query))


def correct(query: str, find: Find = best_of) -> Steps[Correction]:
    """Corrections of a query that match something; the query itself if there are none."""
    words = list(parse_query(query).words)
    if not words or len(words) > MAX_CORRECTED_WORDS:
        return Correction([query])
    candidates = Candidates(words)
    mistyped = candidates.mistyped()
    known, similar = yield vocabulary.known_and_similar(candidates.looked_up(), mistyped)
    keys = candidates.for_unknown_words(known, similar)
    if keys != [" ".join(words)] and (corrected := (yield from _corrected(keys, words, find))):
        return corrected
    mistyped = [word for word in mistyped if word in known]
    similar = (yield vocabulary.similar_words(mistyped)) if mistyped else {}
    keys = candidates.for_known_words(known, similar)
    corrected = (yield from _corrected(keys, words, find)) if keys else None
    return corrected or Correction([query])


class Candidates:
    """Queries that a mistyped one may mean, the likeliest first."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._splits = {word: _splits(word) for word in words}
        self._joined = ["".join(pair) for pair in pairwise(words)]
        self._max_candidates = min(_MAX_KEYS, _MAX_WORDS_OF_KEYS // len(words))

    def looked_up(self) -> set[str]:
        """All words that a candidate may be made of, besides guesses."""
        parts = (part for pairs in self._splits.values() for pair in pairs for part in pair)
        return {*self._words, *self._joined, *parts}

    def mistyped(self) -> list[str]:
        """The words that may be mistyped: no numbers beside other words."""
        is_alone = len(self._words) == 1
        return [word for word in self._words if not word.isdecimal() and (is_alone or not numbers.is_number(word))]

    def for_unknown_words(self, known: Mapping[str, int], similar: SimilarWords) -> list[str]:
        """With guesses for unknown words. Each is also tried unchanged, last: it may be a word of descriptions."""
        options = [
            [*(self._guesses(word, similar[word], known) if word in similar else ()), Guess(_UNLIKELY, 0, word)]
            for word in self._words
        ]
        joined = (
            _replaced(self._words, place, word, instead_of=2)
            for place, word in enumerate(self._joined)
            if word in known
        )
        candidates = [*joined, *vocabulary.likeliest(options)]  # such as "interstellar" for "inter stellar"
        return candidates[: self._max_candidates]

    def for_known_words(self, known: Mapping[str, int], similar: SimilarWords) -> list[str]:
        """With one guess for one known word."""
        guesses = sorted(
            (guess, place)
            for place, word in enumerate(self._words)
            for guess in self._guesses(word, similar.get(word, []), known)
        )
        return [_replaced(self._words, place, guess.text) for guess, place in guesses[: self._max_candidates]]

    def _guesses(self, word: str, similar: Sequence[Guess], known: Mapping[str, int]) -> list[Guess]:
        pairs = [(first, last) for first, last in self._splits[word] if first in known and last in known]
        two_words = [Guess(1, -min(known[first], known[last]), f"{first} {last}") for first, last in pairs]
        return sorted([*similar, *two_words])[:_MAX_GUESSES]


def _corrected(keys: list[str], words: list[str], find: Find) -> Steps[Correction | None]:
    """The candidates, if any of them matches well enough, and the one that matches the best film."""
    match, movie_id = (yield from find(keys)) or (None, 0)
    has_number = len(words) > 1 and any(map(numbers.is_number, words))
    # "rocky 3" must not become "ricky 3", which matches a Ricky and a 3 somewhere: a number belongs to the title.
    if match is None or (match < Match.TITLE and has_number):
        return None
    did_you_mean = keys[0] if len(keys) == 1 else (yield from _best_suggestion(keys, movie_id))
    return Correction(keys, did_you_mean)


def _best_suggestion(keys: list[str], movie_id: int) -> Steps[str]:
    """The candidate that matches this film, the best of all films that the candidates match."""
    likely = _by_shared_words(keys, (yield vocabulary.words_of_movie(movie_id)))
    for key, is_certain in likely[:_MAX_TRIED]:
        if is_certain or ((yield best([key])) or (None, 0))[1] == movie_id:
            return key
    return likely[0][0]


def _by_shared_words(keys: list[str], movie_words: set[str]) -> list[tuple[str, bool]]:
    """The candidates by how many words they share with a film, and whether that is all of them."""
    by_key = {key: set(words_of(key)) for key in keys}
    likely = sorted(keys, key=lambda key: -len(movie_words & by_key[key]))
    return [(key, movie_words >= by_key[key]) for key in likely]


def _replaced(words: list[str], place: int, text: str, *, instead_of: int = 1) -> str:
    return " ".join([*words[:place], text, *words[place + instead_of :]])


def _splits(word: str) -> list[tuple[str, str]]:
    """ "starwars" as "star wars"."""
    return [(word[:place], word[place:]) for place in range(2, len(word) - 1)]
