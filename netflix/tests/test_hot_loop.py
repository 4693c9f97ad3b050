"""What the event loop answers is what a thread answers: status, headers and body."""

import asyncio
from contextlib import closing
from datetime import timedelta
from itertools import zip_longest
from wsgiref.util import setup_testing_defaults

import psycopg
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api.hot_loop import HotLoop
from netflix.bridge import Bridge
from netflix.tests.servers import url_of_the_test_database
from ranking import services as ranking
from reminder import services as reminders

pytestmark = pytest.mark.django_db(transaction=True)

# Not out of netflix.wsgi, which gives this process, and all that its tests start, five seconds for a statement.
application = get_wsgi_application()

SOON = timezone.now() + timedelta(days=1, microseconds=5)
MOVIES, RANKING = "/api/v1/movies/", "/api/v1/ranking/"


def environ(url, **headers):
    path, _, query = url.partition("?")
    made = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "testserver", "REMOTE_ADDR": "192.0.2.7"}
    setup_testing_defaults(made)
    return made | {f"HTTP_{name.upper()}": value for name, value in headers.items()}


def from_thread(made):
    """(status, headers, body), as the bridge runs it."""
    bridge = Bridge(application, HotLoop(), largest_body=1, body_seconds=1, password_paths=())
    try:
        return bridge._run(made)
    finally:
        connection.close()


def ask(*asked, learned_from=(), methods=(), **headers):
    """What a loop answers to each environ, which has learned from what threads answered to others."""

    async def answers():
        with closing(HotLoop()) as loop:
            for url, method in zip_longest(learned_from, methods, fillvalue="GET"):
                first = environ(url, **headers) | {"REQUEST_METHOD": method}
                loop.learn(first, (await asyncio.to_thread(from_thread, first))[1])
            return [await loop.answer(made) for made in asked]

    return asyncio.run(answers())


@pytest.fixture
def film():
    films = [make_movie(f"Heat {n}", genres=("Drama",), imdb_votes=n, imdb_rating=n / 10) for n in range(30)]
    ranking.rebuild()
    return films[0]


def same(answer):
    status, headers, body = answer
    return status, {name: value for name, value in headers if name not in ("ETag", "RateLimit")}, body


def test_it_answers_as_a_thread_does(film):
    following = Client().get(f"{MOVIES}?genre=Drama").json()["next"].replace("http://testserver", "")
    urls = [MOVIES, f"{MOVIES}?genre=Drama", following, f"{MOVIES}{film.pk}/", RANKING, f"{RANKING}?by=trending"]
    answers = ask(*map(environ, urls), learned_from=urls)
    for url, answer in zip(urls, answers, strict=True):
        assert same(answer) == same(from_thread(environ(url))), url
        assert answer[0] == 200


def test_it_answers_as_a_thread_does_below_a_path(film, settings):
    settings.FORCE_SCRIPT_NAME = "/netflix"
    urls = [f"{MOVIES}?page_size=1", f"{MOVIES}?q=heat&page_size=1", f"{MOVIES}suggest/?q=heat", f"{MOVIES}{film.pk}/"]
    answers = ask(*map(environ, urls), learned_from=urls)
    for url, answer in zip(urls, answers, strict=True):
        assert same(answer) == same(from_thread(environ(url))), url
    for answer in answers[:3]:
        assert b'"http://testserver/netflix/api/v1/movies/' in answer[2]
        assert b'"http://testserver/api/' not in answer[2]


def test_it_says_that_nothing_has_changed(film):
    for _ in range(50):  # another test may write beside this one
        tag = dict(from_thread(environ(MOVIES))[1])["ETag"]
        (answer,) = ask(environ(MOVIES, if_none_match=tag), learned_from=[MOVIES])
        usual = from_thread(environ(MOVIES, if_none_match=tag))
        if answer[0] == usual[0] == 304:
            break
    assert (answer[0], dict(answer[1])["ETag"]) == (304, tag)
    assert same(answer) == same(usual)


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (f"{MOVIES}999999999/", {}),
        (f"{MOVIES}?cursor=x", {}),
        (f"{MOVIES}?q=heat&ordering=year", {}),
        (f"{MOVIES}?{'&' * 1000}", {}),
        (f"{MOVIES}?genre=\u00e9", {}),
        (f"/api/v1/nothing/?{'&' * 1000}", {}),
        (MOVIES, {"accept": "text/html"}),
        (MOVIES, {"authorization": "Bearer nobody"}),
        (MOVIES, {"host": "elsewhere.example"}),
        ("/api/v1/nothing/", {}),
        ("/admin/", {}),
    ],
)
def test_it_leaves_to_a_thread_what_is_not_plain_or_not_there(film, url, headers):
    assert ask(environ(url, **headers), learned_from=[MOVIES, f"{MOVIES}{film.pk}/"]) == [None]


def test_it_counts_a_read_once_whoever_answers_it(film, settings):
    settings.THROTTLE_RATES = {"read": (2, 60)}
    unknown = environ(f"{MOVIES}999999999/") | {"REMOTE_ADDR": "192.0.2.78"}
    assert ask(unknown, learned_from=[f"{MOVIES}{film.pk}/"]) == [None]
    assert from_thread(unknown)[0] == 404
    assert [Client(REMOTE_ADDR="192.0.2.78").get(MOVIES).status_code for _ in range(2)] == [200, 429]


def test_a_like_that_waits_for_a_film_keeps_no_reader_waiting(film, viewer):
    read, (learned, write) = (
        environ(MOVIES),
        (
            environ(f"{MOVIES}{film.pk}/like/", authorization=f"Bearer {AuthToken.objects.create(person)[1]}")
            | {"REQUEST_METHOD": "PUT"}
            for person in (viewer, User.objects.create_user("other"))
        ),
    )

    async def answers(somebody):
        with closing(HotLoop()) as loop:
            for first in (learned, read):
                loop.learn(first, (await asyncio.to_thread(from_thread, first))[1])
            somebody.execute("SELECT FROM movies_movie WHERE id = %s FOR UPDATE", [film.pk])
            waiting = asyncio.create_task(loop.answer(write))
            await asyncio.wait([waiting], timeout=0.3)
            found = await asyncio.wait_for(loop.answer(read), 10)
            waited = not waiting.done()
            await asyncio.to_thread(somebody.rollback)
            return found[0], waited, (await waiting)[0]

    with psycopg.connect(url_of_the_test_database()) as somebody:
        assert asyncio.run(answers(somebody)) == (200, True, 200)


def test_it_answers_a_viewer_as_a_thread_does(film, viewer):
    _, token = AuthToken.objects.create(viewer)
    login = {"authorization": f"Bearer {token}"}
    ranking.like(user_id=viewer.pk, movie_id=film.pk)
    reminders.record_viewing(user_id=viewer.pk, movie_id=film.pk, watched_at=timezone.now())
    reminders.set_reminder(user_id=viewer.pk, movie_id=film.pk, note='Ünal, "soon"', remind_at=SOON)
    urls = [MOVIES, f"{MOVIES}?genre=Drama", f"{MOVIES}{film.pk}/", RANKING]
    answers = ask(*(environ(url, **login) for url in urls), learned_from=urls, **login)
    for url, answer in zip(urls, answers, strict=True):
        assert same(answer) == same(from_thread(environ(url, **login))), url
        assert dict(answer[1])["Cache-Control"] == "private, no-cache"


def test_it_does_as_a_thread_does(film, viewer):
    _, token = AuthToken.objects.create(viewer)
    login = {"authorization": f"Bearer {token}"}
    url = f"{MOVIES}{film.pk}/like/"
    done = [*((method, url) for method in ("PUT", "PUT", "DELETE", "DELETE")), ("PUT", f"{MOVIES}999999999/like/")]
    by_threads = [from_thread(environ(url, **login) | {"REQUEST_METHOD": method}) for method, url in done]
    by_loop = ask(
        *(environ(url, **login) | {"REQUEST_METHOD": method} for method, url in done),
        learned_from=[url, url], methods=["PUT", "DELETE"], **login,
    )  # fmt: skip
    assert by_loop[4] is None
    for one, other in zip(by_threads[:4], by_loop[:4], strict=True):
        assert same(one) == same(other)


def test_it_lets_nobody_in_whose_token_has_ended_a_moment_ago(film, viewer):
    (ended, token), (_, other) = (
        AuthToken.objects.create(person) for person in (viewer, User.objects.create_user("other"))
    )
    login, of_other = ({"authorization": f"Bearer {secret}"} for secret in (token, other))
    tokens, people = AuthToken.objects.filter(pk=ended.pk), User.objects.filter(pk=viewer.pk)
    endings = (
        lambda: tokens.update(expiry=timezone.now()),
        lambda: (tokens.update(expiry=None), people.update(is_active=False)),
        lambda: (people.update(is_active=True), tokens.delete()),
    )
    assert ask(environ(MOVIES, **login), learned_from=[MOVIES], **of_other)[0][0] == 200
    for end in endings:
        end()
        assert ask(environ(MOVIES, **login), learned_from=[MOVIES], **of_other) == [None]
        assert from_thread(environ(MOVIES, **login))[0] == 401


def test_it_waits_until_it_has_seen_all_headers(film):
    assert ask(environ(MOVIES)) == [None]
