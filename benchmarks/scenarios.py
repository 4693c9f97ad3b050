"""What is asked of the servers: each scenario gives a server the calls that it walks through."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks import words
from benchmarks.databases import Database, Viewers
from benchmarks.servers import PRODUCT, Server
from netflix.api.pagination import _signer

_GENRES = list(words.GENRES)[:5]  # the largest
_PAGE = 20
_DEEP = 500  # pages
_DETAILS = 2000  # films
_STEP = 2_654_435_761  # a prime: going on by it, modulo the number of films, meets every film once
_FASTEST = 4000  # likes a second that no server reaches


@dataclass(frozen=True, slots=True)
class Call:
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)


class Scenarios:
    """Those of one catalogue. Told how many calls were made, it asks for likes that nobody has given before."""

    def __init__(self, database: Database, viewers: Viewers) -> None:
        self._movies = database.movies
        self._tokens = [token for _, token in viewers]
        self._liked = 0  # calls for a new like so far
        chance = random.Random(11)
        self._deep = _deep_pages(database, chance)
        ids = list(range(1, self._movies + 1))
        movies = [_movies_of(genre) for genre in _GENRES]
        self._list = movies
        self._same_for_all = {
            "list": movies,
            "list-viewer": movies,
            "details": [Call(f"/api/v1/movies/{movie}/") for movie in chance.sample(ids, min(_DETAILS, len(ids)))],
            "ranking": [Call(f"/api/v1/ranking/?{urlencode({'genre': genre})}") for genre in _GENRES],
            "genres": [Call("/api/v1/genres/")],
            "search": [Call(f"/api/v1/movies/?{urlencode({'q': query})}") for query in _queries(chance)],
            "suggest": [Call(f"/api/v1/movies/suggest/?{urlencode({'q': typed})}") for typed in _typed(chance)],
            "typo": [Call(f"/api/v1/movies/?{urlencode({'q': query})}") for query in _mistyped(chance)],
            "like-hot": self._back_and_forth(1 + self._movies // 2),
        }

    def is_for(self, scenario: str, server: Server) -> bool:
        return server.name in _ONLY_FOR.get(scenario, [server.name])

    def calls(self, scenario: str, server: Server, seconds: float) -> Sequence[Call]:
        """For so many seconds of a scenario that is for this server."""
        if scenario == "deep":
            return [_after(server, *place) for place in self._deep]
        if scenario == "like":
            return [self._new_like(self._liked + n) for n in range(int(_FASTEST * seconds))]
        if scenario == "304":
            return [_again(server, call) for call in self._list]
        if scenario == "list-viewer" and server.name == PRODUCT:
            return [Call(call.path, headers=_bearer(token)) for token in self._tokens[:20] for call in self._list]
        return self._same_for_all[scenario]

    def called(self, scenario: str, calls: int) -> None:
        """So many were made: likes go on after them."""
        if scenario == "like":
            self._liked += calls

    @property
    def likes_ran_out(self) -> bool:
        """Whether some likes were given twice, which is less work."""
        return self._liked > self._movies * len(self._tokens)

    def _new_like(self, n: int) -> Call:
        """The n-th one: every film once, then every film by somebody else, until everybody likes everything."""
        place, turn = n % self._movies, n // self._movies
        token = self._tokens[(place + turn) % len(self._tokens)]
        return Call(_like(1 + place * _STEP % self._movies), "PUT", _bearer(token))

    def _back_and_forth(self, movie: int) -> list[Call]:
        """One film: while one viewer likes it, another, who did so a hundred calls ago, takes it back."""
        half = len(self._tokens) // 2
        return [
            Call(_like(movie), method, _bearer(self._tokens[(n + shift) % len(self._tokens)]))
            for n in range(len(self._tokens))
            for method, shift in (("PUT", 0), ("DELETE", half))
        ]


NAMES = {
    "list": "page 1 of the five largest genres",
    "deep": "500 pages in the middle of them",
    "details": "2,000 films",
    "ranking": "page 1 of their rankings by likes",
    "genres": "all genres with the number of their films",
    "search": "words and pairs of words of titles, people, with a year or without",
    "suggest": "titles and people from two to six letters of them",
    "typo": "the same words as a search, one of them with two letters swapped",
    "list-viewer": "the list with a login (FastAPI without)",
    "304": "the list, known already: If-None-Match",
    "like": "new likes of 200 viewers, over all films",
    "like-hot": "200 viewers like and unlike one film",
}
_ONLY_FOR = {
    "304": [PRODUCT],
    "typo": [PRODUCT],
    **{name: [PRODUCT, "fastapi_asyncpg"] for name in ("list-viewer", "search", "suggest")},
}


def _queries(chance: random.Random) -> list[str]:
    """Single words, which are found in any catalogue, pairs of a title or a name, and words with a year."""
    singles = [*words.ADJECTIVES, *words.NOUNS, *words.LAST_NAMES]
    pairs = [f"{chance.choice(words.ADJECTIVES)} {noun}" for noun in words.NOUNS]
    people = [f"{chance.choice(words.FIRST_NAMES)} {name}" for name in words.LAST_NAMES]
    dated = [f"{word} {chance.randrange(1960, 2020)}" for word in singles]
    return [query.lower() for query in (*singles, *pairs, *people, *dated)]


def _typed(chance: random.Random) -> list[str]:
    return [query[: chance.randrange(2, 7)].strip() for query in _queries(chance)]


def _mistyped(chance: random.Random) -> list[str]:
    """With the third and fourth letter of the first word swapped, if it is long enough to be corrected."""
    long = (query for query in _queries(chance) if len(query.split()[0]) > 4 and query[2] != query[3])
    return [f"{query[:2]}{query[3]}{query[2]}{query[4:]}" for query in long]


def _movies_of(genre: str, **others: object) -> Call:
    return Call(f"/api/v1/movies/?{urlencode({'genre': genre} | others)}")


def _after(server: Server, genre: str, place: int, last_id: int) -> Call:
    """The page after the film `last_id`, the `place`-th of the genre: the same films from every server."""
    if server.name == PRODUCT:
        return _movies_of(genre, cursor=_cursor(place, last_id))
    return _movies_of(genre, page=place // _PAGE + 1) if server.numbered_pages else _movies_of(genre, after=last_id)


def _cursor(place: int, last_id: int) -> str:
    """As the product's own `next` links have it: a walk to the middle of the catalogue would take half a day."""
    return _signer.sign_object(["id", False, place, last_id])


def _deep_pages(database: Database, chance: random.Random) -> list[tuple[str, int, int]]:
    """Genre, place and id of films that end a page, in the middle half of their genre."""
    rows = database.rows(
        """
        SELECT name, place, movie_id
          FROM (SELECT genre_id, movie_id, row_number() OVER (PARTITION BY genre_id ORDER BY movie_id) AS place,
                       count(*) OVER (PARTITION BY genre_id) AS films
                  FROM movies_moviegenre
                 WHERE genre_id IN (SELECT id FROM movies_genre WHERE name = ANY(%s))) AS placed
          JOIN movies_genre AS genre ON genre.id = genre_id
         WHERE place %% 20 = 0 AND place BETWEEN films / 4 AND films * 3 / 4
         ORDER BY genre_id, place
        """,
        _GENRES,
    )
    pages = [(str(genre), int(str(place)), int(str(movie))) for genre, place, movie in rows]
    return chance.sample(pages, min(_DEEP, len(pages)))


def _again(server: Server, call: Call) -> Call:
    with urlopen(server.url + call.path, timeout=10) as answer:
        return Call(call.path, headers={"If-None-Match": answer.headers["ETag"]})


def _like(movie: int) -> str:
    return f"/api/v1/movies/{movie}/like/"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
