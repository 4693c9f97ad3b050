"""Lists of films under generated combinations of filters, orderings, page sizes and cursors.

Both paths answer the same bytes, and what a few lines of Python say of the same films.
"""

from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from movies import search
from movies.models import LikeCount, Movie
from movies.tests.factories import make_movie

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

URL = "/api/v1/movies/"
GENRES = ["Drama", "Crime", "Sci-Fi", 'Noir, "neo"', "Épopée"]
CERTIFICATES = ["R", "PG-13", "Ü 18"]
PEOPLE = ["Ann Plimp", "Bo Élan", "Cy d'Arcy"]
SPELLINGS = {
    "ann PLIMP": 0,
    "Ann Plimp": 0,
    "Bo Élan": 1,
    "bo elan": 1,
    "Cy d'Arcy": 2,
    "CY DARCY": 2,
    "Ann": None,
    "!!!": None,
}
SPELLED = {"uk": "United Kingdom", "united kingdom": "United Kingdom"}
WORDS = ["zorb", "quex", "plimp", "vlonk"]
QUERIES = [
    "zorb",
    "QUEX",
    "quex zorb",
    "zorb quex",
    "plimp",
    "vlonk",
    "zorb vlonk",
    "ann",
    "2001",
    "plimp 2001",
    "zorb 1",
    " ",
]
SORT_KEYS = {
    "id": lambda film: film.id,
    "title": lambda film: (film.title, film.id),
    "year": lambda film: (film.year or 0, film.id),
    "imdb_rating": lambda film: (-1 if film.rating is None else film.rating, film.id),
    "imdb_votes": lambda film: (-1 if film.votes is None else film.votes, film.id),
    "likes": lambda film: (film.likes, film.id),
}
MAX_PLAIN_PARAMETERS = 10  # with more of them, the event loop leaves a request to the view


class Film(NamedTuple):
    id: int
    title: str
    year: int | None
    genres: list[str]
    certificate: str
    rating: float | None
    votes: int | None
    minutes: int | None
    people: list[str]
    description: str
    likes: int
    language: str
    countries: list[str]


@pytest.fixture
def movies():
    """60 films that share their values; each value is missing now and then."""
    random, movies = Random(31), []
    for number in range(60):
        film = Film(
            id=0,
            title=f"{' '.join(random.sample(WORDS[:2], random.randint(0, 2)))} {random.randint(0, 9)} {number}".strip(),
            year=random.choice([1888, 1999, 2000, 2001, 2002]),
            genres=random.sample(GENRES, random.randint(0, 4)),
            certificate=random.choice(["", *CERTIFICATES]),
            rating=random.choice([None, 0.0, 5.5, 7.0, 10.0]),
            votes=random.choice([None, 0, 10, 20]),
            minutes=random.choice([None, 1, 90, 120]),
            people=random.sample(PEOPLE, random.randint(0, 2)),
            description=random.choice(["", "A plimp of vlonk.", "Quex?"]),
            likes=random.choice([0, 0, 1, 5]),
            language=random.choice(["", "en", "fr"]),
            countries=random.sample(["France", "United Kingdom", "Italy"], random.randint(0, 2)),
        )
        movie = make_movie(
            film.title, genres=tuple(film.genres), year=film.year, certificate=film.certificate, imdb_rating=film.rating,
            imdb_votes=film.votes, runtime_minutes=film.minutes, directors=film.people[:1], actors=film.people[1:],
            description=film.description, original_language=film.language, countries=film.countries,
        )  # fmt: skip
        LikeCount.objects.filter(pk=movie.pk).update(likes=film.likes)
        if not number % 9:
            Movie.objects.filter(pk=movie.pk).update(year=None)
            search.index([movie.pk])
            film = film._replace(year=None)
        movies.append(film._replace(id=movie.pk))
    return movies


def any_case(names):
    return st.builds(
        lambda name, change: change(name), st.sampled_from(names), st.sampled_from([str, str.lower, str.upper])
    )


VALUES = {
    "genre": st.lists(any_case(GENRES), max_size=3),
    "certificate": st.lists(any_case(CERTIFICATES), max_size=2),
    "year": st.sampled_from([-5, 0, 1888, 1999, 2003, 2**31]),
    "year_min": st.sampled_from([-5, 0, 1887, 1999, 2000, 2003, 2**31]),
    "year_max": st.sampled_from([-5, 0, 1888, 2000, 2001, 2**40]),
    "rating_min": st.sampled_from(["0", "5.5", "7", "7.1", "10"]),
    "language": st.sampled_from(["en", "FR", "xx"]),
    "country": st.sampled_from(["France", "uk", "UNITED KINGDOM", "Nowhere"]),
    "votes_min": st.sampled_from([-1, 0, 1, 10, 20, 21, 2**63]),
    "runtime_max": st.sampled_from([-1, 0, 1, 90, 119, 2**15, 2**63]),
    "person": st.sampled_from(sorted(SPELLINGS)),
    "q": st.sampled_from(QUERIES),
}
# One to three of them as a rule: more leave few films.
NAMES = st.one_of(st.lists(st.sampled_from(list(VALUES)), unique=True, max_size=most) for most in (1, 2, 3, 8))
FILTERS = NAMES.flatmap(lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names}))
ORDERINGS = st.sampled_from(["", *SORT_KEYS, *(f"-{name}" for name in SORT_KEYS)])
SIZES = st.sampled_from([None, 1, 2, 5, 13, 59, 100])
STEPS = st.lists(st.sampled_from(["next", "next", "previous"]), max_size=4)


@limits(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=FILTERS, ordering=ORDERINGS, size=SIZES, steps=STEPS)
def test_it_finds_what_was_asked_for_in_order(movies, ways, filters, ordering, size, steps):
    expected = [film.id for film in listed(movies, filters, ordering)]
    event("none" if not expected else "all" if len(expected) == len(movies) else "some")
    parameters = {**filters, **({"ordering": ordering} if ordering else {}), **({"page_size": size} if size else {})}
    url, start, size = f"{URL}?{urlencode(parameters, doseq=True)}", 0, size or 20
    for step in [*steps, "end"]:
        fast, view = ways.both(url)
        assert view.status == 200, url
        assert fast == (view if url.count("&") < MAX_PLAIN_PARAMETERS else None), url
        page = view.json()
        assert [row["id"] for row in page["results"]] == expected[start : start + size], url
        assert (page["next"] is None, page["previous"] is None) == (start + size >= len(expected), start == 0), url
        if step == "end" or page[step] is None:
            break
        start += size if step == "next" else -size
        url = page[step].removeprefix("http://testserver")


def listed(movies, filters, ordering):
    """The films that pass the filters, in order."""
    found = [film for film in movies if passes(film, filters)]
    if "q" in filters:
        found = [film for film in found if match(film, filters["q"])]
        if not ordering:
            key = SORT_KEYS["imdb_votes"]
            return sorted(found, key=lambda film: (match(film, filters["q"]), key(film)), reverse=True)
    return sorted(found, key=SORT_KEYS[ordering.removeprefix("-") or "id"], reverse=ordering.startswith("-"))


def passes(film, filters):
    genres = {name.casefold() for name in film.genres}
    certificates = {name.casefold() for name in filters.get("certificate", [])}
    conditions = {
        "genre": lambda names: {name.casefold() for name in names} <= genres,
        "certificate": lambda names: not names or film.certificate.casefold() in certificates,
        "year": lambda year: film.year == year,
        "year_min": lambda year: film.year is not None and film.year >= year,
        "year_max": lambda year: film.year is not None and film.year <= year,
        "rating_min": lambda rating: film.rating is not None and film.rating >= float(rating),
        "language": lambda code: film.language == code.lower(),
        "country": lambda name: SPELLED.get(name.lower(), name) in film.countries,
        "votes_min": lambda votes: film.votes is not None and film.votes >= votes,
        "runtime_max": lambda minutes: film.minutes is not None and film.minutes <= minutes,
        "person": lambda name: SPELLINGS[name] is not None and PEOPLE[SPELLINGS[name]] in film.people,
    }
    return all(conditions[name](value) for name, value in filters.items() if name != "q")


def match(film, query):
    """How well a film matches; 0 if it does not."""
    words, title = query.lower().split(), film.title.split()
    people = {word for name in film.people for word in name.lower().split()} | {str(film.year)}
    description = set(film.description.lower().strip(".?").split())
    if not words or not set(words) <= {*title, *people, *description}:
        return 0
    if not set(words) <= {*title, *people}:
        return 1
    if not set(words) <= {*title}:
        return 2
    return 4 if title == words else 3 if title[: len(words)] == words else 2.5
