"""Which requests the fast path answers, which it leaves to the view, and what it does when something goes wrong."""

import asyncio
import time

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from movies import services as movies
from movies.models import LikeCount, Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.meanwhile import eventually
from netflix.tests.queries import frozen
from netflix.tests.servers import url_of_the_test_database
from netflix.tests.ways import environ, login_of, ways_of
from ranking import services as ranking
from ranking.models import Like

pytestmark = pytest.mark.django_db(transaction=True)

MOVIES, GENRES, RANKING = "/api/v1/movies/", "/api/v1/genres/", "/api/v1/ranking/"
LISTS = (MOVIES, RANKING, GENRES)


@pytest.fixture
def movie():
    """One of three."""
    three = [make_movie(f"Heat {n}", year=1995 + n, genres=("Drama",), imdb_votes=n) for n in range(3)]
    ranking.rebuild()
    return three[0]


@pytest.fixture
def login(viewer):
    return login_of(viewer)


QUERIES = [
    "genre=", "genre=drama", "genre=Dramas", "genre=%ff", "genre=a&genre=b", "genre=Drama&genre=nothing",
    "&".join(f"genre={n}" for n in range(9)), "certificate=X", "certificate=X&certificate=Y", "year_min=x", "year_min=1.5",
    "year_max=%D9%A3", "rating_min=11", "rating_min=-1", "rating_min=1.55", "rating_min=NaN", "rating_min=1e400",
    f"runtime_max={2**15}", f"runtime_max={2**63}", f"year_min={2**63}", f"year_max=-{2**63}", f"person={'x' * 300}",
    "page_size=0", "page_size=-1", "page_size=x", "page_size=", "page_size=1000", f"page_size={'9' * 20}", "page_size=%D9%A3",
    "cursor=x", "cursor=", "cursor", "%63ursor=x", "q=heat&cursor=x", "unknown=1", "&".join(["a=1"] * 9),
    "ordering=id", "ordering=-year", "ordering=x", "ordering=", "ordering=id&ordering=year", "q=heat", "q=", "q=%26",
    "q=xyzzy", "q=heat&ordering=year", "q=heat&genre=Drama", f"q={'x' * 201}", "q=heat&q=film", "q=%E6%97%A5",
    "by=likes", "by=x", "by=", "by=rating&window=day", "window=day", "by=trending&window=x", "explain=1", "explain=x",
    "explain=", "&" * 5, "genre=Drama" + "&" * 5, "=", "==&=", "a%20b=c", "page_size=1;page_size=2",
]  # fmt: skip
# Nothing of this is parsed in the event loop.
NOT_PLAIN = [
    "genre=%00", "q=%00", "&".join(["a=1"] * 1100), f"genre={'x' * 3000}", "&" * 1000, "&" * 12, "genre=é", "q=日本",
    "q=Héat", "page_size=1&é=1",
]  # fmt: skip


@pytest.mark.parametrize("path", [*LISTS, "{movie}", "{movie}like/", f"{MOVIES}suggest/"])
def test_it_answers_or_leaves_whatever_the_parameters_are(movie, ways, path):
    """And the view answers what was left as if the event loop had not tried."""
    url = path.format(movie=f"{MOVIES}{movie.pk}/")
    ways.both(url)
    for query in QUERIES:
        fast, view = ways.both(f"{url}?{query}")
        assert fast in (None, view), query
        assert (fast is not None) is (view.status == 200), query
        assert view.status in (200, 400), query
    for query in NOT_PLAIN:
        fast, view = ways.both(f"{url}?{query}")
        assert fast is None, query
        assert view.status in (200, 400, 404), query


def test_it_reads_texts_beyond_ascii_however_they_are_written(movie, ways):
    make_movie("Amélie")
    for path in ("?q=", "suggest/?q="):
        answers = [ways.both(f"{MOVIES}{path}{query}")[1].json()["results"] for query in ("Amélie", "Am%C3%A9lie")]
        assert answers[0] == answers[1] != []


def test_it_leaves_what_is_not_there(movie, ways, login):
    ids = (0, 999999999, 2**31, 2**63 - 1, 2**63, 10**30)
    addresses = [f"{MOVIES}{number}/{path}" for number in ids for path in ("", "?sources=1", "like/")]
    addresses += [f"/api/v1/{name}/{number}/" for name in ("reminders", "watched") for number in (movie.pk, *ids)]
    addresses += [f"/api/v1/tickets/{number}/" for number in ("T-1", "x", "0" * 90)]
    for address in (*addresses, f"{MOVIES}x/", f"{MOVIES}-1/", "/api/v1/nothing/", f"/api/v1/nothing/?{'&' * 1000}"):
        fast, view = ways.both(address, **login)
        assert (fast, view.status) == (None, 404), address
    for address in (
        "/admin/",
        "/",
        f"{MOVIES}{movie.pk}",
        "/api/v1/movies//",
        f"{MOVIES}{'1' * 200}/",
        f"{MOVIES}%E9/",
    ):
        fast, view = ways.both(address)
        assert fast is None, address
        assert view.status in (301, 302, 404), address


def test_it_leaves_a_movie_that_has_become_another(movie, ways):
    other = make_movie("Heat 9")
    movies.merge_movies(kept_id=movie.pk, merged_id=other.pk)
    fast, view = ways.both(f"{MOVIES}{other.pk}/?sources=1")
    assert (fast, view.status) == (None, 308)
    assert view.header("Location") == f"http://testserver{MOVIES}{movie.pk}/?sources=1"


PLAIN = [
    {}, {"accept": "application/json, text/plain, */*"}, {"accept": "application/json"}, {"if-none-match": '"x", W/"y"'},
    {"content_type": "application/json"}, {"range": "bytes=0-1"}, {"x-forwarded-for": "1.2.3.4"}, {"origin": "http://x"},
    {"user-agent": "\xe9"}, {"x-request-id": "mine"}, {"accept-language": "de"}, {"accept-encoding": "gzip, br"},
    {"if-none-match": ""}, {"cookie": ""}, {"if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT"},
]  # fmt: skip
ODD = [
    {"accept": "text/html"}, {"accept": "application/json; indent=4"}, {"accept": "image/png"}, {"accept": "x"},
    {"authorization": "Bearer nobody"}, {"authorization": "Bearer"}, {"authorization": "Bearer a b"},
    {"authorization": "Basic YTpi"}, {"authorization": "Bearer \xe9"}, {"cookie": "sessionid=nobody"},
    {"host": "elsewhere.example"}, {"content_type": "text/plain; charset=zlib"}, {"if-none-match": "*"}, {"if-match": '"x"'},
    {"if-match": "*"}, {"if-unmodified-since": "Thu, 01 Jan 2026 00:00:00 GMT"},
]  # fmt: skip


def test_it_understands_the_same_headers(movie, ways):
    for path in (*LISTS, f"{MOVIES}{movie.pk}/", f"{MOVIES}{movie.pk}/like/"):
        for headers in PLAIN:
            assert ways.same(path, **headers).status == 200, headers
        for headers in ODD:
            fast, view = ways.both(path, **headers)
            assert fast is None, headers
            assert view.status in (200, 400, 401, 404, 406, 412, 415, 304), headers


def test_it_needs_a_login_for_what_is_somebodys_own(movie, ways, login):
    for path in ("likes/", "reminders/", "watched/", "notices/", "tickets/", f"reminders/{movie.pk}/"):
        ways.both(f"/api/v1/{path}", **login)
        for headers in ({}, {"authorization": "Bearer 0"}, {"authorization": ""}):
            fast, view = ways.both(f"/api/v1/{path}", **headers)
            assert (fast, view.status) == (None, 401)


def test_it_shows_nobody_what_is_anothers(movie, ways, viewer, login):
    ranking.like(user_id=viewer.pk, movie_id=movie.pk)
    of_other = login_of(User.objects.create_user("other"))
    assert len(ways.same("/api/v1/likes/", **login).json()["results"]) == 1
    assert ways.same("/api/v1/likes/", **of_other).json()["results"] == []
    assert [ways.same(f"{MOVIES}{movie.pk}/", **headers).json()["liked"] for headers in (login, of_other)] == [
        True,
        False,
    ]


def test_it_lets_nobody_in_whose_token_has_ended_a_moment_ago(movie, ways, viewer):
    login, of_other = login_of(viewer), login_of(User.objects.create_user("other"))
    tokens, people = AuthToken.objects.filter(user=viewer), User.objects.filter(pk=viewer.pk)
    endings = (
        lambda: tokens.update(expiry=timezone.now()),
        lambda: (tokens.update(expiry=None), people.update(is_active=False)),
        lambda: (people.update(is_active=True), tokens.delete()),
    )
    for path in (MOVIES, "/api/v1/likes/"):
        assert ways.same(path, **login).status == 200
    for end in endings:
        end()
        for path in (MOVIES, "/api/v1/likes/"):
            fast, view = ways.both(path, **login)
            assert (fast, view.status) == (None, 401)
            assert ways.same(path, **of_other).status == 200


WRITES = [
    *((method, "{}/like/", {}) for method in ("PUT", "PUT", "DELETE", "DELETE", "PUT")),
    ("PUT", "999999999/like/", {}), ("PUT", f"{2**63}/like/", {}), ("DELETE", "0/like/", {}), ("PUT", "{}/like/?a=1", {}),
    ("DELETE", "{}/like/", {"authorization": "Bearer nobody"}), ("DELETE", "{}/like/", {"authorization": ""}),
    ("PUT", "{}/like/", {"accept": "text/html"}), ("PUT", "{}/like/", {"accept": "image/png"}), ("POST", "{}/like/", {}),
    ("PATCH", "{}/like/", {}), ("HEAD", "{}/like/", {}), ("OPTIONS", "{}/like/", {}), ("DELETE", "{}/", {}),
    ("DELETE", "{}/like/", {"if-match": '"x"'}), ("DELETE", "{}/like/", {"if-none-match": '"x"'}), ("PUT", "{}/like/", {"if-none-match": "*"}),
]  # fmt: skip


def test_it_does_as_the_view_does(movie, ways, viewer, login):
    def answers(by):
        for method, path, headers in WRITES:
            answer = by(f"{MOVIES}{path.format(movie.pk)}", method, **(login | headers))
            yield method, path, answer, LikeCount.objects.get(movie=movie).likes, Like.objects.count()
        ranking.unlike(user_id=viewer.pk, movie_id=movie.pk)

    list(answers(ways.viewed))  # from which the event loop learns
    for one, other in zip(
        answers(lambda *asked, **headers: ways.served(*asked, **headers)[0]), list(answers(ways.viewed)), strict=True
    ):
        assert one == other


def test_it_likes_without_a_thread(movie, ways, login):
    url = f"{MOVIES}{movie.pk}/like/"
    for method in ("PUT", "DELETE"):
        assert not ways.served(url, method, **login)[1]  # from which it learns
    for method, status, likes in (("PUT", 200, 1), ("PUT", 200, 1), ("DELETE", 204, 0), ("DELETE", 204, 0)):
        answer, is_fast = ways.served(url, method, **login)
        assert (answer.status, is_fast) == (status, True)
        assert LikeCount.objects.get(movie=movie).likes == Like.objects.count() == likes


def test_it_leaves_a_like_to_the_view_that_is_more_than_a_statement(movie, ways, login):
    """A film that is not ranked yet."""
    ways.both(f"{MOVIES}{movie.pk}/like/", "PUT", **login)
    unranked = make_movie("Cold")
    answer, _ = ways.served(f"{MOVIES}{unranked.pk}/like/", "PUT", **login)
    assert answer.json() == {"likes": 1, "liked": True}
    assert Like.objects.filter(movie=unranked).count() == LikeCount.objects.get(movie=unranked).likes == 1


def test_it_counts_a_read_once_whoever_answers_it(movie, ways, settings):
    ways.both(MOVIES)
    ways.both(f"{MOVIES}{movie.pk}/")
    settings.THROTTLE_RATES = {"read": (3, 60)}
    paths = (MOVIES, f"{MOVIES}999999999/", f"{MOVIES}{movie.pk}/", MOVIES, RANKING)
    answers = [ways.served(path, remote_addr="192.0.2.78") for path in paths]
    assert [(answer.status, is_fast) for answer, is_fast in answers] == [
        (200, True), (404, False), (200, True), (429, False), (429, False),
    ]  # fmt: skip
    assert ways.served(MOVIES, remote_addr="192.0.2.79")[0].status == 200


def test_it_counts_a_write_once_and_refuses_one_too_many(movie, ways, settings, viewer, login):
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{time.time_ns()}"}}
    others = [make_movie(), make_movie()]
    ranking.rebuild()
    ways.both(f"{MOVIES}{movie.pk}/like/", "PUT", **login)
    settings.THROTTLE_RATES = {"write": (3, 60)}
    ids = (movie.pk, 999999999, *(other.pk for other in others))
    made = [environ(f"{MOVIES}{number}/like/", "PUT", **login) for number in ids]
    answers = [ways.fast(each) or ways.view(each) for each in made]
    assert [answer[0] for answer in answers] == [200, 404, 200, 429]
    assert [dict(answer[1])["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert not Like.objects.filter(movie=others[1]).exists()


def test_it_asks_the_database_once_for_whatever_everybody_may_read(movie, django_assert_num_queries):
    paths = (MOVIES, f"{MOVIES}?genre=Drama&year_min=1996&ordering=-imdb_votes", f"{MOVIES}?q=heat", GENRES, RANKING)
    for path in (*paths, f"{RANKING}?genre=Drama&by=trending&explain=1", f"{MOVIES}{movie.pk}/?sources=1"):
        with django_assert_num_queries(1):
            assert Client().get(path).status_code == 200


def sessions():
    """The process ids of the server's processes for other connections to this database, web servers' included."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """
        )
        return {pid for (pid,) in cursor.fetchall()}


def test_it_goes_on_when_its_connections_have_died(movie, ways, login):
    url, others = f"{MOVIES}{movie.pk}/like/", sessions()
    for method in ("GET", "PUT"):
        ways.both(url, method, **login)
    opened = list(sessions() - others)
    assert len(opened) >= 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [opened])
    for method in ("GET", "PUT"):
        for _ in range(2):  # it may notice at the first query, and leave that to the view
            answer, is_fast = ways.served(url, method, **login)
            assert answer.status == 200
        assert is_fast


def test_a_like_that_waits_keeps_nobody_else_waiting(movie, ways, login):
    """Neither a reader nor those who like another film."""
    other = login_of(User.objects.create_user("other"))
    free = Movie.objects.exclude(pk=movie.pk).first()
    urls = {each: f"{MOVIES}{each.pk}/like/" for each in (movie, free)}
    ways.both(MOVIES)
    ways.both(urls[free], "PUT", **login)
    ways.both(urls[free], "DELETE", **login)
    with psycopg.connect(url_of_the_test_database()) as somebody:
        somebody.execute("SELECT FROM movies_movie WHERE id = %s FOR UPDATE", [movie.pk])

        async def ask(fast_path):
            waiting = [
                asyncio.create_task(fast_path.answer(environ(urls[movie], "PUT", **headers)))
                for headers in (login, other) * 5
            ]
            going = [environ(MOVIES), environ(urls[free], "PUT", **other), environ(urls[free], "DELETE", **login)] * 3
            answers = await asyncio.wait_for(asyncio.gather(*map(fast_path.answer, going)), 30)
            waited = [not each.done() for each in waiting]
            await asyncio.to_thread(somebody.rollback)
            return answers, waited, await asyncio.gather(*waiting)

        answers, waited, late = ways.run(ask)
    assert [status for status, _, _ in answers] == [200, 200, 204] * 3
    assert waited == [True] * 10
    assert {status for status, _, _ in late} == {200}
    assert LikeCount.objects.get(movie=movie).likes == Like.objects.filter(movie=movie).count() == 2


def test_it_says_once_that_the_database_is_busy(movie, login):
    """And does not let a thread wait as long again."""
    url = f"{MOVIES}{movie.pk}/like/"
    with ways_of(deadline=1.0) as ways, psycopg.connect(url_of_the_test_database()) as somebody:
        ways.both(url, "PUT", **login)
        ways.both(url, "DELETE", **login)
        somebody.execute("SELECT FROM movies_movie WHERE id = %s FOR UPDATE", [movie.pk])
        answer, is_fast = ways.served(url, "PUT", **login)
        somebody.rollback()
        assert (answer.status, answer.json()["code"], is_fast) == (503, "unavailable", True)
        assert answer.header("Retry-After")
        eventually(lambda: ways.served(url, "GET", **login)[0].status == 200)


def test_it_says_that_the_database_does_nothing(movie):
    others = sessions()
    with ways_of(deadline=1.0) as ways:

        def is_answered():  # within the deadline
            answer, is_fast = ways.served(MOVIES)
            return is_fast and answer.status == 200

        eventually(is_answered)
        with frozen(*(sessions() - others)):
            answer, is_fast = ways.served(MOVIES)
            assert (answer.status, answer.json()["code"], is_fast) == (503, "unavailable", True)
            eventually(is_answered)  # over a new connection
            assert ways.same(MOVIES).status == 200
