"""With HTTPS=on: what comes in plain HTTP, and what browsers are told, whoever answers: a thread or the event loop."""

import asyncio
from contextlib import closing

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api.hot_loop import HotLoop
from netflix.bridge import Bridge
from netflix.tests.test_hot_loop import environ, same
from ranking import services as ranking
from ranking.models import Like

pytestmark = pytest.mark.django_db(transaction=True)

MOVIES = "/api/v1/movies/"
HSTS = ("Strict-Transport-Security", "max-age=2592000")


@pytest.fixture(autouse=True)
def _https(settings):
    """As netflix/settings.py has it with HTTPS=on."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 2592000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The schema is of a service that is asked over HTTPS.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("netflix.tests")]


@pytest.fixture
def roads():
    """Gives what a thread answers to each environ, and what a loop does that has learned from all of them."""

    def answers(*environs):
        bridge = Bridge(get_wsgi_application(), HotLoop(), largest_body=1, body_seconds=1, password_paths=())

        def from_thread(made):
            try:
                return bridge._run(made)
            finally:
                connection.close()

        async def run():
            with closing(HotLoop()) as loop:
                by_thread = []
                for made in environs:
                    own = dict(made)
                    by_thread.append(await asyncio.to_thread(from_thread, own))
                    loop.learn(own, by_thread[-1][1])
                return by_thread, [await loop.answer(dict(made)) for made in environs]

        return asyncio.run(run())

    return answers


@pytest.fixture
def movie():
    movie = make_movie("Heat")
    ranking.rebuild()
    return movie


@pytest.fixture
def login(viewer):
    return {"authorization": f"Bearer {AuthToken.objects.create(viewer)[1]}"}


def test_it_tells_browsers_to_come_back_over_https_on_both_roads(roads, movie, login):
    url = f"{MOVIES}{movie.pk}/"
    like = environ(f"{url}like/", x_forwarded_proto="https", **login) | {"REQUEST_METHOD": "PUT"}
    secure = [like, environ(MOVIES, x_forwarded_proto="https"), environ(url, x_forwarded_proto="https", **login)]
    for one, other in zip(*roads(*secure), strict=True):
        assert same(one) == same(other)
        assert one[0] == 200
        assert HSTS in other[1]


def test_it_tells_them_also_that_nothing_has_changed(roads, movie):
    (first,), _ = roads(environ(MOVIES, x_forwarded_proto="https"))
    asked = environ(MOVIES, x_forwarded_proto="https", if_none_match=dict(first[1]).get("ETag", ""))
    for _ in range(50):  # another test may write beside this one
        _, (_, answer) = roads(environ(MOVIES, x_forwarded_proto="https"), asked)
        if answer[0] == 304:
            break
        asked["HTTP_IF_NONE_MATCH"] = dict(answer[1])["ETag"]
    assert answer[0] == 304
    assert HSTS in answer[1]


@pytest.mark.parametrize("proto", [{}, {"x_forwarded_proto": "http"}])
def test_it_leaves_plain_http_to_a_thread_which_redirects_it(roads, movie, proto):
    url = f"{MOVIES}?genre=Drama"
    (_, by_thread), (_, by_loop) = roads(environ(url, x_forwarded_proto="https"), environ(url, **proto))
    assert by_loop is None
    assert (by_thread[0], dict(by_thread[1])["Location"]) == (301, f"https://testserver{url}")
    assert HSTS not in by_thread[1]


def test_it_refuses_plain_http_that_carries_a_login(roads, movie, login):
    url = f"{MOVIES}{movie.pk}/"
    like = environ(f"{url}like/", **login) | {"REQUEST_METHOD": "PUT"}
    secure = [made | {"HTTP_X_FORWARDED_PROTO": "https"} for made in (environ(url, **login), like)]
    by_thread, by_loop = roads(*secure, environ(url, **login), like)
    assert by_loop[2:] == [None, None]
    assert [answer[0] for answer in by_thread] == [200, 200, 403, 403]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_refuses_to_do_anything_in_plain_http(method, movie, viewer):
    Like.objects.create(movie=movie, user=viewer)
    client, url = Client(), f"{MOVIES}{movie.pk}/like/"
    client.force_login(viewer)
    answer = getattr(client, method)(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "https_required")
    assert "https://" in answer.json()["detail"]
    assert "Location" not in answer
    assert Like.objects.count() == 1


def test_it_makes_nobody_of_a_form_in_plain_http():
    new = {"username": "ann", "email": "ann@example.org", "password": "a-password-of-anns"}
    assert Client().post("/api/v1/auth/register/", new, content_type="application/json").status_code == 403
    assert not User.objects.exists()
    answer = Client().post("/api/v1/auth/register/", new, content_type="application/json", secure=True)
    assert answer.status_code == 201


def test_it_answers_load_balancers_in_plain_http():
    assert [Client().get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert Client().get("/healthz/").status_code == 301


@pytest.mark.parametrize("page", ["/", "/admin/login/?next=/admin/", "/api/docs/"])
def test_it_redirects_pages(page):
    answer = Client().get(page)
    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{page}")
