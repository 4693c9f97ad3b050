"""Draws pages in the middle of lists, people, and searches that match films from a catalogue."""

import random
from dataclasses import dataclass

from benchmarks import words
from benchmarks.databases import Database

GENRES = list(words.GENRES)[:5]  # the largest
OF_TITLES = [*words.ADJECTIVES, *words.NOUNS]
_PAGES = 500
_PEOPLE = 500
_QUERIES = 250
# ORDER BY for the name of an ordering; the same as in `movies.selectors.ORDERINGS`.
_KEYS = {"id": "movie.id", "-imdb_votes": "coalesce(movie.imdb_votes, -1) DESC, movie.id DESC"}


@dataclass(frozen=True, slots=True)
class Place:
    """The `number`-th film of a genre, the last of a page. `keys` are its values of the ordering's keys."""

    genre: str
    ordering: str
    number: int
    keys: tuple[str, ...]


def middle_pages(database: Database, chance: random.Random, ordering: str) -> list[Place]:
    """Draw last films of pages in the middle half of each genre."""
    rows = database.rows(
        f"""
        SELECT name, place, movie_id, votes
          FROM (SELECT genre_id, movie.id AS movie_id, coalesce(movie.imdb_votes, -1) AS votes,
                       row_number() OVER (PARTITION BY genre_id ORDER BY {_KEYS[ordering]}) AS place,
                       count(*) OVER (PARTITION BY genre_id) AS films
                  FROM movies_moviegenre JOIN movies_movie AS movie ON movie.id = movie_id
                 WHERE genre_id IN (SELECT id FROM movies_genre WHERE name = ANY(%s))) AS placed
          JOIN movies_genre AS genre ON genre.id = genre_id
         WHERE place %% 20 = 0 AND place BETWEEN films / 4 AND films * 3 / 4
         ORDER BY genre_id, place
        """,
        GENRES,
    )
    places = [
        Place(str(genre), ordering, int(str(place)), (str(movie),) if ordering == "id" else (str(votes), str(movie)))
        for genre, place, movie, votes in rows
    ]
    return chance.sample(places, min(_PAGES, len(places)))


def people(database: Database, chance: random.Random) -> list[str]:
    """Draw names of people; the number of their films does not matter."""
    ids = range(1, 1 + max(50, database.movies // 5))
    drawn = chance.sample(ids, min(_PEOPLE, len(ids)))
    return [str(name) for (name,) in database.rows("SELECT name FROM movies_person WHERE id = ANY(%s)", drawn)]


def queries(database: Database, chance: random.Random) -> list[str]:
    """Draw searches that match films: a word, the first two words of a title, a name, a word with the film's year."""
    ids = chance.sample(range(1, 1 + database.movies), min(_QUERIES, database.movies))
    rows = database.rows("SELECT title, year FROM movies_movie WHERE id = ANY(%s) AND year IS NOT NULL", ids)
    movies = [(str(title).split(), year) for title, year in rows]
    pairs = [" ".join(title[:2]) for title, _ in movies]
    dated = [f"{chance.choice(title)} {year}" for title, year in movies]
    names = people(database, chance)[:_QUERIES]
    return [query.lower() for query in (*OF_TITLES, *words.LAST_NAMES, *pairs, *names, *dated)]
