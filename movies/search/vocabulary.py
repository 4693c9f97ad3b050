"""The words of all titles and names, and lookup of those that are similar to a mistyped word.

This is symmetric delete spelling correction, as in SymSpell (Wolf Garbe, 2012): words that are a few edits apart have a
neighbour in common, which is what remains of each without a letter or two. The index has the neighbours of every word,
so that the cost of a lookup does not depend on the number of words.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, product

from rapidfuzz.distance import OSA

from netflix.hot.statements import Lane, Query, Row, Statement

# (Least length, most edits). An edit replaces, omits or adds a letter, or swaps two adjacent ones.
_EDITS = ((8, 2), (4, 1))
_MAX_COMBINATIONS = 1000

# The index supports the overlap of arrays, `&&`.
_SIMILAR_SQL = """
    SELECT mistyped.word, similar_word.word, similar_word.movies
      FROM unnest(string_to_array(%(mistyped)s, E'\\n')) AS mistyped (word)
      JOIN movies_searchword AS similar_word ON movies_neighbours(similar_word.word) && movies_neighbours(mistyped.word)
     WHERE abs(length(similar_word.word) - length(mistyped.word)) <= 2
"""
_SIMILAR = Statement(_SIMILAR_SQL, lane=Lane.SLOW)
_KNOWN_AND_SIMILAR = Statement(
    f"""
    SELECT word, NULL, movies FROM movies_searchword WHERE word = ANY (string_to_array(%(words)s, E'\\n'))
    UNION ALL
    {_SIMILAR_SQL} AND NOT EXISTS (SELECT FROM movies_searchword AS same WHERE same.word = mistyped.word)
    """,
    lane=Lane.SLOW,
)
_OF_MOVIE = Statement(
    "SELECT movies_words(document) FROM movies_searchdocument WHERE movie_id = %(movie_id)s", lane=Lane.SLOW
)


@dataclass(frozen=True, slots=True, order=True)
class Guess:
    """A correction of a word; the lowest is the likeliest."""

    edits: int
    rarity: int  # minus the number of films that have it
    text: str


SimilarWords = dict[str, list[Guess]]


def known_and_similar(words: Iterable[str], mistyped: Collection[str]) -> Query[tuple[dict[str, int], SimilarWords]]:
    """Query for the known ones of `words`, with the number of films that have each; and for corrections of the unknown
    ones of `mistyped`."""

    def result(rows: list[Row]) -> tuple[dict[str, int], SimilarWords]:
        known = {word.decode(): int(movies) for word, other, movies in rows if other is None}
        return known, _guesses([word for word in mistyped if word not in known], rows)

    return Query(_KNOWN_AND_SIMILAR, {"words": "\n".join(words), "mistyped": "\n".join(mistyped)}, result)


def similar_words(words: Collection[str]) -> Query[SimilarWords]:
    """Query for similar words of each of `words`, the likeliest first."""
    return Query(_SIMILAR, {"mistyped": "\n".join(words)}, lambda rows: _guesses(words, rows))


def _guesses(words: Iterable[str], rows: Iterable[Row]) -> SimilarWords:
    guesses: SimilarWords = {word: [] for word in words}
    for mistyped, word, movies in ((row[0].decode(), row[1].decode(), int(row[2])) for row in rows if row[1]):
        most = _most_edits(max(len(mistyped), len(word)))
        edits = OSA.distance(mistyped, word, score_cutoff=most)
        if 0 < edits <= most:
            guesses[mistyped].append(Guess(edits, -movies, word))
    return {word: sorted(likely) for word, likely in guesses.items()}


def likeliest(options: Iterable[Sequence[Guess]]) -> list[str]:
    """The combinations of one guess per word, fewest edits first."""
    combinations = islice(product(*options), _MAX_COMBINATIONS)
    in_order = sorted(combinations, key=lambda guesses: (sum(guess.edits for guess in guesses), guesses))
    return [" ".join(guess.text for guess in guesses) for guesses in in_order]


def words_of_movie(movie_id: int) -> Query[set[str]]:
    """Query for the words of a film's title and names."""
    return Query(_OF_MOVIE, {"movie_id": movie_id}, lambda rows: {word.decode() for (word,) in rows})


def _most_edits(length: int) -> int:
    return next((edits for shortest, edits in _EDITS if length >= shortest), 0)
