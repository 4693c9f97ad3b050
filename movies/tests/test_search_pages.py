import random
from itertools import chain, product

import pytest
from django.db import connection

from movies import search, selectors
from movies.lists import MovieList
from movies.models import Movie
from movies.search import tiers
from movies.tests.factories import make_movie
from netflix.tests.plans import buffers_of_read, use_empty_tables

pytestmark = pytest.mark.django_db

URL = "/api/v1/movies/"


@pytest.fixture
def storms(monkeypatch):
    """Films that "storm" finds in every way, and in every tier."""
    monkeypatch.setattr(tiers, "SIZES", (3, 6, 12))
    monkeypatch.setattr(tiers, "MIN_CATALOGUE_FACTOR", 2)
    ways = (
        {"title": "Storm"},
        {"title": "Storm Warning"},
        {"title": "The Storm"},
        {"title": "Wind", "actors": ["Ann Storm"]},
        {"title": "Rain", "description": "After the storm."},
        {"title": "Sun"},
    )
    for n, way in product(range(5), ways):
        genres = ("Drama",) if n % 2 else ("Drama", "Western")
        make_movie(**way, year=2000 + n, genres=genres, imdb_votes=(n * 7919 % 10) or None)
    search.rebalance_tiers()


def walk(client, **query):
    """Every page, forwards and then backwards, as lists of ids."""
    forwards = list(follow(client, client.get(URL, query).json(), "next"))
    backwards = list(follow(client, forwards[-1], "previous"))
    ids = [[row["id"] for row in page["results"]] for page in forwards]
    assert [[row["id"] for row in page["results"]] for page in reversed(backwards)] == ids
    return list(chain(*ids))


def follow(client, page, link):
    yield page
    while page[link]:
        page = client.get(page[link]).json()
        yield page


def expected(query, **filters):
    """The same films by the other implementation, which sorts all matches."""
    movies = search.matching(selectors.movies().filter(**filters), [query])
    return list(movies.order_by("-_match", "-_votes", "-id").values_list("id", flat=True))


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
def test_it_lists_every_match_once_in_order_whatever_the_page(storms, api, client, page_size):
    assert len(set(expected("storm"))) == 25
    assert walk(api, q="storm", page_size=page_size) == expected("storm")
    assert walk(client, q="storm", page_size=page_size) == expected("storm")


def test_it_looks_for_the_best_among_what_filters_leave(storms, api):
    assert walk(api, q="storm", genre="Western", page_size=4) == expected("storm", genre_links__genre__name="Western")
    assert walk(api, q="storm", year_min=2003, page_size=4) == expected("storm", year__gte=2003)
    assert api.get(URL, {"q": "storm", "year_min": 2050}).json()["results"] == []


def test_it_lists_matches_in_another_order_when_asked(storms, api):
    found = search.matching(selectors.movies(), ["storm"]).order_by("_year", "id").values_list("id", flat=True)
    assert walk(api, q="storm", ordering="year", page_size=4) == list(found)


WORDS = [
    "x",
    "10",
    "ten",
    "the",
    "of",
    "rocky",
    "3",
    "iii",
    "i",
    "twenty",
    "one",
    "jön",
    "jon",
    "été",
    "thé",
    "1951",
    "千と千尋",
    "千尋",
    "dr.",
]


def test_it_lists_the_same_by_both_ways_whatever_the_words(api):
    chance = random.Random(2026)
    for n in range(60):
        title = " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
        actors = [" ".join(chance.choices(WORDS, k=2))] if n % 3 else []
        make_movie(title, year=1950 + n // 5, actors=actors, description=chance.choice(WORDS), imdb_votes=n % 7)
    asked = {*WORDS, *(" ".join(chance.choices(WORDS, k=chance.randint(1, 3))) for _ in range(120))}
    different = [
        query
        for query in sorted(asked)
        if expected(query) != [row["id"] for row in api.get(URL, {"q": query, "page_size": 100}).json()["results"]]
    ]
    assert not different


@pytest.mark.parametrize("query", [{}, {"genre": "Drama"}, {"year_min": 2001, "page_size": 3}])
def test_it_takes_one_query_however_many_movies_there_are(storms, api, django_assert_max_num_queries, query):
    api.get(URL, {"q": "storm"} | query)
    with django_assert_max_num_queries(1):
        api.get(URL, {"q": "storm"} | query)


@pytest.mark.slow
def test_it_reads_no_more_than_a_page_of_a_common_word():
    """The word is in every second title; the plan is the generic one."""
    use_empty_tables()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO movies_movie (title, title_key, director_key, year, description, certificate, source, source_id,
                                      edited, imdb_votes)
            SELECT 'Film', 'film ' || n, '', 2000, '', '', 'generated', '', '{}', n FROM generate_series(1, 20000) AS n;
            """
        )
    search.rebalance_tiers()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO movies_searchdocument (movie_id, votes, tier, document)
            SELECT id, imdb_votes, tier, array_to_tsvector(ARRAY[tier || CASE id % 2 WHEN 0 THEN 'tstorm' ELSE 'twind' END])
              FROM (SELECT id, imdb_votes, {tiers.TIER} AS tier FROM movies_movie AS movie) AS movie;
            ANALYZE movies_searchdocument, movies_movie
            """
        )
    assert Movie.objects.count() == 20_000
    assert buffers_of_read(MovieList().read, f"{URL}?q=storm") <= 1000
