from decimal import Decimal
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.models import LikeCount, Movie
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db
URL = "/api/v1/movies/"


def walk(api, url):
    """The ids of all pages, first following `next`, then `previous`."""
    pages, back = [], []
    while url:
        answer = api.get(url)
        assert answer.status_code == 200, answer.content
        pages.append([row["id"] for row in answer.json()["results"]])
        last, url = answer, answer.json()["next"]
    while url := last.json()["previous"]:
        last = api.get(url)
        back.insert(0, [row["id"] for row in last.json()["results"]])
    assert back == pages[:-1]
    return [pk for page in pages for pk in page]


def test_it_shows_the_summary_of_each_movie(api):
    movie = make_movie(
        "Heat", year=1995, genres=("Drama", "Crime"), runtime_minutes=170, certificate="R", imdb_rating=Decimal("8.3")
    )
    LikeCount.objects.filter(movie=movie).update(likes=7)

    answer = api.get(URL)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": movie.pk,
                "url": f"http://testserver/api/v1/movies/{movie.pk}/",
                "title": "Heat",
                "year": 1995,
                "genres": ["Crime", "Drama"],
                "runtime_minutes": 170,
                "certificate": "R",
                "imdb_rating": 8.3,
                "likes": 7,
                "poster": None,
            }
        ],
    }


def test_it_answers_null_for_what_is_absent(api):
    make_movie()
    row = api.get(URL).json()["results"][0]
    assert [row["runtime_minutes"], row["certificate"], row["imdb_rating"], row["likes"]] == [None, None, None, 0]


def test_it_answers_an_empty_list_when_nothing_matches(api):
    make_movie(year=2010)
    answer = api.get(URL, {"year_min": 2011})
    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("genre=Drama", ["Heat", "Her"]),
        ("genre=drama", ["Heat", "Her"]),
        ("genre=Drama&genre=Crime", ["Heat"]),
        ("year_min=2000", ["Her", "Up"]),
        ("year_max=2009", ["Heat", "Up"]),
        ("year_min=2009&year_max=2009", ["Up"]),
        ("rating_min=8.3", ["Heat", "Up"]),
        ("votes_min=1000", ["Heat"]),
        ("votes_min=-1", ["Heat", "Up"]),
        ("country=united STATES", ["Heat", "Her"]),
        ("country=USA", ["Heat", "Her"]),
        ("country=France&language=EN", ["Her"]),
        ("language=fr", ["Up"]),
        ("country=Nowhere", []),
        ("runtime_max=126", ["Her", "Up"]),
        ("person=al+pacino", ["Heat"]),
        ("person=Spike+Jonze", ["Her"]),
        ("person=Pacino", []),
        ("certificate=PG", ["Up"]),
        ("certificate=pg&certificate=R", ["Heat", "Her", "Up"]),
        ("q=thieves", ["Heat"]),
        ("genre=Drama&year_min=2000&q=lonely", ["Her"]),
        ("genre=&year_min=&q=&ordering=", ["Heat", "Her", "Up"]),
    ],
)
def test_it_filters(api, parameters, expected):
    make_movie(
        "Heat", year=1995, genres=("Drama", "Crime"), runtime_minutes=170, certificate="R",
        imdb_rating=Decimal("8.3"), imdb_votes=1000, actors=["Al Pacino"], description="A detective hunts thieves.",
        countries=["United States"], original_language="en",
    )  # fmt: skip
    make_movie(
        "Her", year=2013, runtime_minutes=126, certificate="R", imdb_rating=Decimal("8.0"), directors=["Spike Jonze"],
        description="A lonely man falls in love.", countries=["France", "United States"], original_language="en",
    )  # fmt: skip
    make_movie(
        "Up", year=2009, genres=("Animation",), runtime_minutes=96, certificate="PG", imdb_rating=Decimal("8.3"),
        imdb_votes=999, original_language="fr",
    )  # fmt: skip

    rows = api.get(f"{URL}?{parameters}").json()["results"]

    assert sorted(row["title"] for row in rows) == expected


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("", ["b", "C", "a"]),
        ("-id", ["a", "C", "b"]),
        ("title", ["a", "b", "C"]),
        ("-title", ["C", "b", "a"]),
        ("year", ["C", "a", "b"]),
        ("-year", ["b", "a", "C"]),
        ("imdb_rating", ["a", "b", "C"]),
        ("-imdb_rating", ["C", "b", "a"]),
        ("imdb_votes", ["b", "C", "a"]),
        ("-imdb_votes", ["a", "C", "b"]),
        ("likes", ["C", "b", "a"]),
        ("-likes", ["a", "b", "C"]),
    ],
)
def test_it_orders_and_counts_absent_as_lowest(api, ordering, expected):
    liked_once = make_movie("b", year=2012, imdb_rating=Decimal("7.0"))
    make_movie("C", year=2001, imdb_rating=Decimal("9.1"), imdb_votes=0)
    liked_twice = make_movie("a", year=2005, imdb_votes=9)
    for likes, movie in enumerate([liked_once, liked_twice], start=1):
        LikeCount.objects.filter(movie=movie).update(likes=likes)
    rows = api.get(URL, {"ordering": ordering}).json()["results"]
    assert [row["title"] for row in rows] == expected


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("genre=Nope", "genre"),
        ("genre=Drama&genre=Nope", "genre"),
        ("certificate=Nope", "certificate"),
        ("year_min=abc", "year_min"),
        ("year_max=20.5", "year_max"),
        ("rating_min=nan", "rating_min"),
        ("rating_min=1e999", "rating_min"),
        ("rating_min=11", "rating_min"),
        ("votes_min=many", "votes_min"),
        ("runtime_max=long", "runtime_max"),
        ("ordering=colour", "ordering"),
        ("page_size=0", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=many", "page_size"),
        ("page_size=%D9%A3", "page_size"),
        ("cursor=garbage", "cursor"),
        ("cursor=e30%3Ae30", "cursor"),
        ("q=" + 201 * "x", "q"),
    ],
)
def test_it_rejects_values_it_does_not_know_and_names_the_field(api, parameters, field):
    make_movie()
    answer = api.get(f"{URL}?{parameters}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid"
    assert {error["field"] for error in answer.json()["errors"]} == {field}


def test_it_names_the_genres_that_are_allowed(api):
    make_movie(genres=("Drama", "Film-Noir"))
    answer = api.get(URL, {"genre": "Nope"})
    assert "Allowed: Drama, Film-Noir." in answer.json()["errors"][0]["detail"]


def test_it_accepts_numbers_far_out_of_range(api):
    make_movie()
    assert len(api.get(URL, {"year_max": "9" * 30}).json()["results"]) == 1
    assert api.get(URL, {"year_min": "9" * 30}).json()["results"] == []
    assert api.get(URL, {"year_max": "-" + "9" * 30}).json()["results"] == []


@pytest.mark.parametrize("query", ["year_min=0", "year_min=-1", "year_max=" + "9" * 30, "rating_min=0"])
def test_it_never_takes_an_absent_number_for_a_small_one(api, query):
    Movie.objects.filter(pk=make_movie("Unknown").pk).update(year=None, imdb_rating=None)
    make_movie("Heat", imdb_rating=0)
    assert [movie["title"] for movie in api.get(f"{URL}?{query}").json()["results"]] == ["Heat"]


@pytest.mark.parametrize("name", ["genre", "q", "person", "cursor", "page_size", "year_min", "anything"])
def test_it_rejects_a_nul_byte_in_any_parameter(api, name):
    answer = api.get(f"{URL}?{name}=a%00b")
    assert (answer.status_code, answer.json()["code"]) == (400, "nul_byte")


def test_it_clamps_the_page_size(api):
    make_movie("copy")
    Movie.objects.bulk_create(Movie(title="copy", title_key=f"copy {n}", year=2000) for n in range(120))
    assert len(api.get(URL, {"page_size": 100_000}).json()["results"]) == 100
    assert len(api.get(URL, {"page_size": "9" * 5000}).json()["results"]) == 100
    assert len(api.get(URL).json()["results"]) == 20


@pytest.mark.parametrize("ordering", ["id", "-id", "title", "-title", "-imdb_rating", "imdb_votes", "year"])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_it_walks_every_movie_once_forwards_and_backwards(api, ordering, size):
    expected = {
        make_movie(
            year=2000 + n % 3,
            imdb_rating=Decimal(n % 4) if n % 4 else None,
            imdb_votes=n % 2 or None,
        ).pk
        for n in range(14)
    }
    found = walk(api, f"{URL}?ordering={ordering}&page_size={size}")
    assert len(found) == 14
    assert set(found) == expected


def test_it_walks_search_results_by_relevance(api):
    for n in range(9):
        make_movie(f"Storm {n}", imdb_votes=n % 3, description="storm " * (n % 4))
    assert len(set(walk(api, f"{URL}?q=storm&page_size=2"))) == 9


def test_it_neither_repeats_nor_skips_while_movies_are_added(api):
    before = [make_movie().pk for _ in range(6)]
    first = api.get(URL, {"ordering": "-id", "page_size": 3}).json()
    make_movie()
    second = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == before[::-1]


def test_it_refuses_a_cursor_of_another_ordering(api):
    make_movie(), make_movie()
    cursor = api.get(URL, {"page_size": 1}).json()["next"].split("cursor=")[1].split("&")[0]
    answer = api.get(f"{URL}?ordering=-year&cursor={cursor}")
    assert answer.status_code == 400
    assert "belongs to the ordering" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("asked", "linked"),
    [
        ("", "?"),
        ("page_size=1", "?page_size=1&"),
        ("year_min=1900&genre=Drama&page_size=1", "?year_min=1900&genre=Drama&page_size=1&"),
        ("cursor={cursor}&page_size=1&genre=D%72ama", "?page_size=1&genre=D%72ama&"),
        ("page_size=1&cursor={cursor}&rating_min=0", "?page_size=1&rating_min=0&"),
        ("%63ursor={cursor}", "?"),
    ],
)
def test_it_links_to_what_was_asked_for_with_another_cursor(api, asked, linked):
    for number in range(40):
        make_movie(f"Film {number}", genres=("Drama",), year=1990, imdb_rating=5)
    cursor = api.get(f"{URL}?page_size=1").json()["next"].partition("cursor=")[2]
    link = api.get(f"{URL}?{asked.format(cursor=cursor)}").json()["next"]
    assert link.partition("cursor=")[0] == f"http://testserver{URL}{linked}"


def test_it_leads_back_to_the_start_when_everything_behind_the_cursor_is_gone(api):
    make_movie(), make_movie()
    following = api.get(URL, {"page_size": 1}).json()["next"]
    Movie.objects.all().delete()
    answer = api.get(following).json()
    assert (answer["results"], answer["next"]) == ([], None)
    assert "cursor" not in answer["previous"]


@pytest.mark.parametrize("movies", [1, 15])
def test_it_takes_one_query(api, movies, django_assert_num_queries):
    for n in range(movies):
        make_movie(genres=("Drama", "Crime"), actors=[f"Actor {n}"], certificate="R")
    with django_assert_num_queries(1):
        api.get(URL)
    with django_assert_num_queries(1):
        api.get(URL, {"genre": "Drama", "q": "film", "ordering": "-year"})


def test_it_lets_caches_ask_whether_the_list_changed(api):
    make_movie()
    first = api.get(URL)
    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert api.get(URL, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    make_movie()
    assert api.get(URL, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_it_shows_a_filter_form_in_the_browsable_api(api):
    make_movie(genres=("Film-Noir",))
    html = api.get(URL, headers={"Accept": "text/html"}).content.decode()
    assert '<option value="Film-Noir">' in html
    assert 'name="year_min"' in html


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["q", "genre", "person", "certificate", "year_min", "rating_min", "ordering", "cursor", "page_size"]
        ),
        st.text(max_size=20) | st.integers().map(str) | st.floats().map(str),
        max_size=4,
    )
)
def test_it_never_crashes_whatever_the_query(db, parameters):
    query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items() if value.isprintable())
    assert Client().get(f"{URL}?{query}").status_code in (200, 400)


def test_it_takes_a_thousand_spellings_of_a_genre_for_one(api, django_assert_max_num_queries):
    movie = make_movie(genres=("Animation",))
    spellings = ["".join(c.upper() if n >> i & 1 else c for i, c in enumerate("animation")) for n in range(500)]
    query = "&".join(f"genre={spelling}&certificate=" for spelling in spellings[:490])
    with django_assert_max_num_queries(3) as captured:
        answer = api.get(f"{URL}?{query}")
    assert [row["id"] for row in answer.json()["results"]] == [movie.pk]
    assert captured.captured_queries[-1]["sql"].count("'Animation'") == 1


@pytest.mark.parametrize("name", ["genre", "certificate"])
def test_it_refuses_more_values_than_any_movie_has_and_says_how_many_may_be(api, name):
    for n in range(9):
        make_movie(genres=(f"G{n}",), certificate=f"C{n}")
    answer = api.get(URL, {name: [f"{name[0].upper()}{n}" for n in range(9)]})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, name, "too_many")
    assert error["detail"] == "Give at most 8 of them, not 9."


def test_it_lists_everything_when_the_search_field_of_a_form_was_left_empty(api):
    movie = make_movie()
    answer = api.get(f"{URL}?q=")
    assert (answer.status_code, [row["id"] for row in answer.json()["results"]]) == (200, [movie.pk])


@pytest.mark.parametrize("blank", ["%20", "%09", "%E3%80%80", "+", "%20%0A", "...", "%E2%80%8F", "-%20-"])
@pytest.mark.parametrize("ordering", ["", "-year"])
def test_it_finds_nothing_for_a_query_of_nothing(api, blank, ordering):
    make_movie()
    answer = api.get(f"{URL}?q={blank}&ordering={ordering}")
    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("value", ["%", "%s", "%(unknown)s", "100%", "%d%n"])
@pytest.mark.parametrize("name", ["genre", "certificate", "ordering", "year_min", "rating_min"])
def test_it_quotes_a_percent_sign_and_does_not_obey_it(api, name, value):
    answer = api.get(URL, {name: value})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, name)
