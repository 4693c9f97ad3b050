"""The scenarios: which calls are made to a server."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode
from urllib.request import urlopen

from benchmarks import words
from benchmarks.databases import Database, Logins
from benchmarks.places import GENRES, OF_TITLES, Place, middle_pages, people, queries
from benchmarks.servers import PRODUCT, Server
from netflix.api.pagination import sign_cursor

_PAGE = 20
_DETAILS = 2000  # films
_STEP = 2_654_435_761  # a prime: steps of this size, modulo the number of films, reach every film once
_FASTEST = 4000  # likes per second; no server reaches it


@dataclass(frozen=True, slots=True)
class Call:
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)


class Scenarios:
    """The scenarios for one catalogue. Counts the calls of `like`, so that each of its calls is a new like."""

    def __init__(self, database: Database, logins: Logins) -> None:
        self._database = database
        self._movies = database.movies
        self._tokens = logins.viewers
        self._liked = 0  # calls of `like` so far
        chance = random.Random(11)
        self._middle = {
            "deep": middle_pages(database, chance, "id"),
            "popular-deep": middle_pages(database, chance, "-imdb_votes"),
        }
        ids = list(range(1, self._movies + 1))
        movies = [_list(genre=genre) for genre in GENRES]
        searches = queries(database, chance)
        typed = [query[: chance.randrange(2, 7)].strip() for query in searches]
        self._list = movies
        self._idle: dict[str, list[Call]] = {}  # by server
        self._same_for_all = {
            "list": movies,
            "list-viewer": movies,
            "details": [Call(f"/api/v1/movies/{movie}/") for movie in chance.sample(ids, min(_DETAILS, len(ids)))],
            "ranking": [Call(f"/api/v1/ranking/?{urlencode({'genre': genre})}") for genre in GENRES],
            "explain": [Call("/api/v1/ranking/?by=trending&explain=1")],
            "popular": [_list(genre=genre, ordering="-imdb_votes") for genre in GENRES],
            "best": [_list(genre=genre, year_min=2010, ordering="-imdb_rating") for genre in GENRES],
            "person": [_list(person=name) for name in people(database, chance)],
            "certificate": [_list(certificate=name) for name in dict.fromkeys(words.CERTIFICATES) if name],
            "genres": [Call("/api/v1/genres/")],
            "search": [_list(q=query) for query in searches],
            "search-genre": [_list(q=word.lower(), genre=genre) for word in OF_TITLES for genre in GENRES[:2]],
            "suggest": [Call(f"/api/v1/movies/suggest/?{urlencode({'q': text})}") for text in typed],
            "typo": [_list(q=query) for query in _mistyped(searches)],
            "like-state": [Call(_like(movie)) for movie in chance.sample(ids, min(_DETAILS, len(ids)))],
            "my-likes": [Call("/api/v1/likes/", headers=_bearer(token)) for token in logins.readers],
            "my-reminders": [Call("/api/v1/reminders/", headers=_bearer(token)) for token in logins.readers],
            "my-watched": [Call("/api/v1/watched/", headers=_bearer(token)) for token in logins.readers],
            "schema": [Call("/api/schema/")],
            "like-hot": self._back_and_forth(1 + self._movies // 2),
        }

    def is_for(self, scenario: str, server: Server) -> bool:
        return server.name in _ONLY_FOR.get(scenario, [server.name])

    def calls(self, scenario: str, server: Server, seconds: float) -> Sequence[Call]:
        """The calls for this many seconds of a scenario that `is_for` this server."""
        if scenario in self._middle:
            return [_after(server, place) for place in self._middle[scenario]]
        if scenario == "like":
            return [self._new_like(self._liked + n) for n in range(int(_FASTEST * seconds))]
        if scenario in {"304", "304-busy"}:
            return [_again(server, call) for call in self._list]
        if scenario == "304-idle":
            return self._after_a_minute(server)
        if scenario == "list-viewer":
            return [Call(call.path, headers=_bearer(token)) for token in self._tokens[:20] for call in self._list]
        return self._same_for_all[scenario]

    def calls_beside(self, scenario: str) -> Sequence[Call]:
        """The calls to make at the same time: likes of a film that none of the lists shows."""
        return self._same_for_all["like-hot"] if scenario == "304-busy" else []

    def called(self, scenario: str, calls: int) -> None:
        """Record how many calls were made; `like` continues after them."""
        if scenario == "like":
            self._liked += calls

    @property
    def likes_ran_out(self) -> bool:
        """Whether some calls liked a film a second time, which is less work."""
        return self._liked > self._movies * len(self._tokens)

    def _after_a_minute(self, server: Server) -> list[Call]:
        """The lists with ETags that are a minute old; meanwhile another table was written, as workers do."""
        if server.name not in self._idle:
            self._idle[server.name] = [_again(server, call) for call in self._list]
            for _ in range(6):
                time.sleep(10)
                self._database.rows("UPDATE benchmark_catalogue SET movies = movies RETURNING movies")
        return self._idle[server.name]

    def _new_like(self, n: int) -> Call:
        """The n-th like: every film once, then every film by other viewers, until everybody likes everything."""
        place, turn = n % self._movies, n // self._movies
        token = self._tokens[(place + turn) % len(self._tokens)]
        return Call(_like(1 + place * _STEP % self._movies), "PUT", _bearer(token))

    def _back_and_forth(self, movie: int) -> list[Call]:
        """Likes and unlikes of one film: in turn one viewer likes it, and the one of a hundred likes ago unlikes it."""
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
    "explain": "page 1 of what trends, explained",
    "popular": "page 1 of the five largest genres, by votes",
    "popular-deep": "500 pages in the middle of them",
    "best": "page 1 of the five largest genres since 2010, by rating",
    "person": "page 1 of 500 people's films",
    "certificate": "page 1 of each certificate",
    "genres": "all genres with the number of their films",
    "search": "words, beginnings of titles, people, words with a year: all match films",
    "search-genre": "words of titles in the two largest genres",
    "suggest": "titles and people from two to six letters of them",
    "typo": "the same words as a search, one of them with two letters swapped",
    "list-viewer": "the list with a login: what the films are to the viewer",
    "like-state": "how many like a film, of 2,000",
    "my-likes": "page 1 of what 20 viewers like",
    "my-reminders": "page 1 of their reminders",
    "my-watched": "page 1 of what they have watched",
    "schema": "the description of the API",
    "304": "the list, known already: If-None-Match",
    "304-busy": "the same, with 10 likes of another film a second",
    "304-idle": "the same, known for a minute (only with --only)",
    "like": "new likes of 200 viewers, over all films",
    "like-hot": "200 viewers like and unlike one film",
}
DEFAULT_SCENARIOS = [name for name in NAMES if name != "304-idle"]  # which waits for a minute
CONDITIONAL = ("304", "304-busy", "304-idle")
_OF_ALL = ("list", "deep", "details", "ranking", "genres", "like", "like-hot")  # every peer has these
_ONLY_FOR = {
    **{name: [PRODUCT, "fastapi_asyncpg"] for name in NAMES if name not in _OF_ALL},
    **{name: [PRODUCT] for name in (*CONDITIONAL, "typo", "schema")},
}


def _mistyped(queries: Sequence[str]) -> list[str]:
    """Swap the third and fourth letter of each query; leave out those whose first word is too short to correct."""
    long = (query for query in queries if len(query.split()[0]) > 4 and query[2] != query[3])
    return [f"{query[:2]}{query[3]}{query[2]}{query[4:]}" for query in long]


def _list(**parameters: object) -> Call:
    return Call(f"/api/v1/movies/?{urlencode(parameters)}")


def _after(server: Server, place: Place) -> Call:
    """The call for the page after a film. Following `next` links to the middle of a list would take half a day."""
    query = {"genre": place.genre} | ({"ordering": place.ordering} if place.ordering != "id" else {})
    if server.name == PRODUCT:  # as in its own `next` links
        return _list(**query, cursor=unquote(sign_cursor(place.ordering, False, place.number, *place.keys)))
    if server.numbered_pages:
        return _list(**query, page=place.number // _PAGE + 1)
    return _list(**query, after=",".join(place.keys))


def _again(server: Server, call: Call) -> Call:
    with urlopen(server.url + call.path, timeout=10) as answer:
        return Call(call.path, headers={"If-None-Match": answer.headers["ETag"]})


def _like(movie: int) -> str:
    return f"/api/v1/movies/{movie}/like/"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
