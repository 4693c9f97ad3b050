"""What a query means that finds nothing as it is written."""

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

_MOST_WORDS = 8  # of a query; longer ones are no titles
_MOST_GUESSES = 5  # for a word
_MOST_KEYS, _MOST_WORDS_OF_KEYS = 24, 32  # that are asked at once
_MOST_PRODUCTS = 1000
_UNLIKELY = 3  # more edits than any guess has
_MOST_TRIED = 3  # of them one by one, to say which is meant


class Understood(NamedTuple):
    texts: list[str]  # queries, any of which may be meant; one, if it is the query as it is written
    did_you_mean: str | None = None


# Called with queries: how well the film matches that matches one of them best, and its id; None if no film does.
Find = Callable[[Sequence[str]], Steps[tuple[Match, int] | None]]


def best_of(texts: Sequence[str]) -> Steps[tuple[Match, int] | None]:
    found: tuple[Match, int] | None = yield best(texts)
    return found


def understood(query: str) -> Steps[Understood]:
    """The query as it is written, if that finds anything, or else the guess."""
    return Understood([query]) if (yield best([query])) else (yield from guess(query))


def guess(query: str, find: Find = best_of) -> Steps[Understood]:
    """What a query that finds nothing may be a misspelling of and does find; as it is written, if nothing."""
    words = list(read(query).words)
    if not words or len(words) > _MOST_WORDS:
        return Understood([query])
    parts = {word: _parts(word) for word in words}
    joined = ["".join(pair) for pair in pairwise(words)]
    looked_up = {*words, *joined, *(part for pairs in parts.values() for pair in pairs for part in pair)}
    mistyped = [word for word in words if not word.isdecimal() and not (numbers.is_number(word) and len(words) > 1)]
    known, near = yield vocabulary.known_and_near(looked_up, mistyped)
    most = min(_MOST_KEYS, _MOST_WORDS_OF_KEYS // len(words))

    def guesses(word: str, near: Sequence[Guess]) -> list[Guess]:
        splits = [
            Guess(1, -min(known[first], known[last]), f"{first} {last}")
            for first, last in parts[word]
            if first in known and last in known
        ]
        return sorted([*near, *splits])[:_MOST_GUESSES]

    # First with other words for those that no title or name has. As they are, too, after all guesses: they may be words
    # of descriptions.
    options = [[*(guesses(word, near[word]) if word in near else ()), _as_is(word)] for word in words]
    keys = [*_with_joined(words, joined, known), *_likeliest(options)][:most]
    if keys != [" ".join(words)] and (meant := (yield from _meant(keys, words, find))):
        return meant
    # Then with another for one that is known.
    near = yield vocabulary.near([word for word in mistyped if word in known])
    others = sorted((guess, place) for place, word in enumerate(words) for guess in guesses(word, near.get(word, [])))
    keys = [_with(words, place, guess.text) for guess, place in others[:most]]
    meant = (yield from _meant(keys, words, find)) if keys else None
    return meant or Understood([query])


def _meant(keys: list[str], words: list[str], find: Find) -> Steps[Understood | None]:
    """These queries, if any of them finds something that may be meant, and the one that finds the best film."""
    match, movie_id = (yield from find(keys)) or (None, 0)
    has_number = len(words) > 1 and any(map(numbers.is_number, words))
    # "rocky 3" is not Ricky's film that has a 3 somewhere: the number belongs to the title that is meant.
    if match is None or (match < Match.TITLE and has_number):
        return None
    if len(keys) == 1:
        return Understood(keys, keys[0])
    of_film = yield vocabulary.of_film(movie_id)
    likely = sorted(keys, key=lambda key: -len(of_film.intersection(words_of(key))))
    if of_film.issuperset(words_of(likely[0])):  # so it finds the film
        return Understood(keys, likely[0])
    for key in likely[:_MOST_TRIED]:
        if ((yield best([key])) or (None, 0))[1] == movie_id:
            return Understood(keys, key)
    return Understood(keys, likely[0])


def _with_joined(words: list[str], joined: list[str], known: Iterable[str]) -> Iterator[str]:
    """ "inter stellar" as "interstellar"."""
    for place, word in enumerate(joined):
        if word in known:
            yield _with(words, place, word, instead_of=2)


def _likeliest(options: Sequence[Sequence[Guess]]) -> list[str]:
    """The queries of one guess for each word, those of fewer edits first."""
    ways = sorted(islice(product(*options), _MOST_PRODUCTS), key=lambda way: (sum(guess.edits for guess in way), way))
    return [" ".join(guess.text for guess in way) for way in ways]


def _with(words: list[str], place: int, text: str, *, instead_of: int = 1) -> str:
    return " ".join([*words[:place], text, *words[place + instead_of :]])


def _as_is(word: str) -> Guess:
    return Guess(_UNLIKELY, 0, word)


def _parts(word: str) -> list[tuple[str, str]]:
    """ "starwars" as "star wars"."""
    return [(word[:place], word[place:]) for place in range(2, len(word) - 1)]
