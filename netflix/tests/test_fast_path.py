"""The event loop answers every read as the view does: status, headers and body, byte for byte."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from movies.models import Movie, Person
from movies.tests.factories import make_movie
from netflix.tests.catalogue import OWN, fill_lists, make_catalogue
from netflix.tests.ways import environ, login_of

pytestmark = pytest.mark.django_db(transaction=True)

MOVIES, GENRES, RANKING = "/api/v1/movies/", "/api/v1/genres/", "/api/v1/ranking/"


@pytest.fixture
def catalogue():
    return make_catalogue()


@pytest.fixture
def login(viewer):
    return login_of(viewer)


def pages(ways, url, **headers):
    """Read all pages of a list, forwards and backwards, on both paths. Returns how many there are."""
    ways.same(url, **headers)
    there = 0
    for direction in ("next", "previous"):
        while url:
            answer = ways.same(url, **headers)
            assert answer.status == 200, url
            there, last = there + (direction == "next"), url
            url = answer.json()[direction]
            url = url and url.removeprefix("http://testserver")
        url = last
    return there


FILTERS = [
    "", "genre=Drama", "genre=drama&genre=CRIME", "genre=Crime", "genre=Noir,%20%22neo%22", "certificate=R",
    "certificate=r&certificate=pg", "year=1996", "year=0", "year_min=1996", "year_max=1996", "year_min=1996&year_max=1997", "rating_min=1.5",
    "runtime_max=170", "votes_min=3", "person=al%20PACINO", "person=%C3%9Cnal", "person=nobody", "person=!!!", "genre=Drama&rating_min=1",
    "genre=Drama&certificate=R&year_min=1900&runtime_max=200&person=Al+Pacino", "year_min=-5", f"year_min={2**31}",
    f"year_max={2**63}", f"runtime_max={10**30}", "runtime_max=-1", "rating_min=", "genre=&year_min=", "q=film",
    "q=film&genre=Drama", "q=pacino&certificate=R", "q=flim", "q=flim&genre=Drama", "q=flim&ordering=-year", "q=heat",
    "q=%20", "q=", "q=xyzzyxyzzy", "q=1995", "q=%E6%97%A5", "q=film&year_min=1996", "q=%25s+%24+%27",
]  # fmt: skip
ORDERINGS = [
    sign + name for name in ("id", "title", "year", "imdb_rating", "imdb_votes", "likes") for sign in ("", "-")
]


def test_it_answers_lists_of_movies_with_any_filter(catalogue, ways):
    for query in FILTERS:
        pages(ways, f"{MOVIES}?page_size=6&{query}")


@pytest.mark.parametrize("query", ["page_size=5", "page_size=7&genre=Drama", "page_size=4&q=film"])
def test_it_answers_lists_of_movies_in_any_order(catalogue, ways, query):
    for ordering in ORDERINGS:
        assert pages(ways, f"{MOVIES}?{query}&ordering={ordering}") > 3


def test_it_answers_details(catalogue, ways, viewer, login):
    fill_lists(viewer, catalogue)
    for movie in catalogue[:14]:
        for parameters in ("", "?sources=1", "?sources=0", "?sources=true"):
            for headers in ({}, login):
                answer = ways.same(f"{MOVIES}{movie.pk}/{parameters}", **headers)
                assert (answer.status, "liked" in answer.json()) == (200, bool(headers))
                assert ("sources" in answer.json()) is (parameters in ("?sources=1", "?sources=true"))


def test_it_answers_how_many_like_a_movie(catalogue, ways, viewer, login):
    fill_lists(viewer, catalogue[:2])
    for movie in catalogue[:4]:
        for headers in ({}, login):
            assert ways.same(f"{MOVIES}{movie.pk}/like/", **headers).status == 200


@pytest.mark.parametrize("explain", ["", "&explain=1"])
def test_it_answers_rankings(catalogue, ways, explain):
    for by in ("likes", "rating", "trending", *(f"trending&window={window}" for window in ("day", "week", "month"))):
        for genre, number in (("", 3), ("&genre=Drama", 3), ("&genre=drama", 3), ("&genre=Crime", 1)):
            assert pages(ways, f"{RANKING}?by={by}&page_size=12{genre}{explain}") == number
    for query in ("", "genre=Drama", "genre=&by=&explain=", "explain=0"):
        pages(ways, f"{RANKING}?{query}{explain}")


def test_it_answers_genres(catalogue, ways, login):
    assert pages(ways, GENRES) == 1
    assert pages(ways, f"{GENRES}?page_size=1", **login) == 4


def test_it_answers_suggestions(catalogue, ways):
    for query in ("fi", "film", "al", "f", "", "%20", "pacion", "flim", "he", "%C3%BCn", "xyzzy", "%22"):
        assert ways.same(f"{MOVIES}suggest/?q={query}").status == 200


def test_it_answers_a_viewers_own_lists(catalogue, ways, viewer, login):
    for url in OWN:
        assert ways.same(url, **login).json()["results"] == []
    fill_lists(viewer, catalogue)
    for url in OWN:
        assert pages(ways, f"{url}{'&' if '?' in url else '?'}page_size=3", **login) >= 2
        assert dict(ways.same(url, **login).headers)["Cache-Control"] in ("private, no-cache", "no-store")


def test_it_answers_a_movie_on_a_viewers_own_list(catalogue, ways, viewer, login):
    fill_lists(viewer, catalogue)
    for name, movies in (("reminders", catalogue[:4]), ("watched", catalogue[4:12])):
        for movie in movies:
            assert ways.same(f"/api/v1/{name}/{movie.pk}/", **login).status == 200


def test_it_answers_a_viewer_what_everybody_may_read(catalogue, ways, login):
    for url in (
        MOVIES,
        f"{MOVIES}?genre=Drama",
        f"{MOVIES}?q=film",
        RANKING,
        f"{RANKING}?by=trending&explain=1",
        GENRES,
    ):
        assert ways.same(url, **login).header("Cache-Control") == "private, no-cache"
        assert ways.same(url).header("Cache-Control") == "public, max-age=30"


def test_it_answers_every_address_that_can_be_read(catalogue, ways, viewer, login, api):
    """But for what a person reads of their account."""
    fill_lists(viewer, catalogue)
    paths = api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    left, person = set(), Person.objects.values_list("pk", flat=True)[0]
    for path in (path for path, operations in paths.items() if "get" in operations):
        query = "?q=fi" if path.endswith("suggest/") else ""
        fast, view = ways.both(
            path.format(movie_id=catalogue[4].pk, person_id=person, number="none", key="none") + query, **login
        )
        if fast is None:
            left.add(path)
        else:
            assert fast == view
    ticket = "/api/v1/tickets/{number}/"  # support/tests/test_ticket.py has a ticket, test_attach_to_ticket.py a file
    assert left == {"/api/v1/auth/me/", ticket, f"{ticket}attachments/{{key}}/"}


def test_it_answers_below_a_path(catalogue, ways, settings):
    settings.FORCE_SCRIPT_NAME = "/netflix"
    for path in ("?page_size=1", "?q=film&page_size=1", "?q=flim&page_size=1", "suggest/?q=heat"):
        answer = ways.same(f"{MOVIES}{path}", script_name="/netflix")
        assert b'"http://testserver/netflix/api/v1/movies/' in answer.body
        assert b'"http://testserver/api/' not in answer.body
    assert ways.same(f"{MOVIES}{catalogue[0].pk}/").status == 200


TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30)


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS.filter(bool), description=TEXTS, certificate=TEXTS.map(lambda text: text[:16]))
def test_it_writes_any_text_the_same(ways, title, description, certificate):
    movie = Movie.objects.first() or make_movie("Heat")
    Movie.objects.filter(pk=movie.pk).update(title=title, description=description, certificate=certificate)
    for url in (f"{MOVIES}{movie.pk}/", MOVIES):
        assert ways.same(url).status == 200


def test_it_waits_until_it_has_seen_all_headers(catalogue, ways):
    """Those of each method, of each scheme, and with a login."""
    assert ways.fast(environ(MOVIES)) is None
    ways.same(MOVIES)
    assert ways.fast(environ(f"{MOVIES}?genre=Drama")) is not None
    for other in (environ(RANKING), environ(MOVIES) | {"wsgi.url_scheme": "https"}):
        assert ways.fast(other) is None
