"""The words of all titles and names, kept by a trigger on search documents, and those that a mistyped one may be.

Words that are a few edits apart have a neighbour in common: what is left of each without a letter or two (Wolf Garbe,
"1000x Faster Spelling Correction algorithm", 2012). The index has the neighbours of every word, so that a mistyped one
is looked up by its own, however many words there are.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection
from rapidfuzz.distance import OSA

from movies.models import SearchWord

# By length: how many letters may be wrong, left out, too many, or changed places with the next.
_EDITS = ((8, 2), (4, 1))

# An array's overlap is what the index answers.
_NEAR = """
    SELECT asked.word, known.word, known.films
      FROM unnest(%s::text[]) AS asked (word)
      JOIN movies_searchword AS known ON movies_neighbours(known.word) && movies_neighbours(asked.word)
     WHERE abs(length(known.word) - length(asked.word)) <= 2
"""


@dataclass(frozen=True, slots=True, order=True)
class Guess:
    """What may be meant by a word; the lesser is likelier."""

    edits: int
    rarity: int  # minus the number of films that have it
    text: str


def known(words: Iterable[str]) -> dict[str, int]:
    """Those of `words` that a title or a name has, and how many films have it."""
    return dict(SearchWord.objects.filter(word__in=list(words)).values_list("word", "films"))


def near(words: Collection[str]) -> dict[str, list[Guess]]:
    """For each of `words` other words that it may be a misspelling of, the likeliest first."""
    guesses: dict[str, list[Guess]] = {word: [] for word in words}
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [list(words)])
        for asked, word, films in cursor.fetchall():
            most = _most_edits(max(len(asked), len(word)))
            edits = OSA.distance(asked, word, score_cutoff=most)
            if 0 < edits <= most:
                guesses[asked].append(Guess(edits, -films, word))
    return {word: sorted(found) for word, found in guesses.items()}


def of_film(movie_id: int) -> set[str]:
    """The words of a film's title and names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT movies_words(document) FROM movies_searchdocument WHERE movie_id = %s", [movie_id])
        return {word for (word,) in cursor.fetchall()}


def _most_edits(length: int) -> int:
    return next((edits for shortest, edits in _EDITS if length >= shortest), 0)
