"""With HTTPS=on: what comes in plain HTTP, and what browsers are told, whoever answers: a thread or the event loop."""

import pytest
from django.test import Client

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.ways import environ, login_of
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
def movie():
    movie = make_movie("Heat")
    ranking.rebuild()
    return movie


@pytest.fixture
def login(viewer):
    return login_of(viewer)


SECURE = {"x_forwarded_proto": "https"}


def test_it_tells_browsers_to_come_back_over_https_on_both_paths(ways, movie, login):
    url = f"{MOVIES}{movie.pk}/"
    for method, address, headers in (("PUT", f"{url}like/", login), ("GET", MOVIES, {}), ("GET", url, login)):
        answer = ways.same(address, method, **SECURE, **headers)
        assert answer.status == 200
        assert HSTS in answer.headers


def test_it_tells_them_also_that_nothing_has_changed(ways, movie):
    ways.same(MOVIES, **SECURE)
    tag = dict(ways.fast(environ(MOVIES, **SECURE))[1])["ETag"]
    answer = ways.same(MOVIES, if_none_match=tag, **SECURE)
    assert answer.status == 304
    assert HSTS in answer.headers


@pytest.mark.parametrize("proto", [{}, {"x_forwarded_proto": "http"}])
def test_it_leaves_plain_http_to_a_thread_which_redirects_it(ways, movie, proto):
    url = f"{MOVIES}?genre=Drama"
    ways.same(url, **SECURE)
    fast, view = ways.both(url, **proto)
    assert fast is None
    assert (view.status, view.header("Location")) == (301, f"https://testserver{url}")
    assert HSTS not in view.headers


def test_it_refuses_plain_http_that_carries_a_login(ways, movie, login):
    url = f"{MOVIES}{movie.pk}/"
    for method, address in (("GET", url), ("PUT", f"{url}like/")):
        ways.same(address, method, **SECURE, **login)
        fast, view = ways.both(address, method, **login)
        assert (fast, view.status) == (None, 403)


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
