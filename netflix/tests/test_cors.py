"""Pages of other origins: which may call the API, on every kind of answer, whoever gives it."""

import http.client
import json
from contextlib import closing
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.contrib.auth.hashers import make_password
from knox.models import AuthToken

from movies.models import MergedMovie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api.cors import Cors
from ranking.services import recompute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

APP, STRANGER = "https://app.example.com", "https://elsewhere.example"
MOVIES = "/api/v1/movies/"
EXPOSED = {"etag", "idempotency-replayed", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"}


def send(port, method, path, body=None, **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = client.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


@pytest.fixture
def serve(serve):
    return lambda **environment: serve(BODY_TIMEOUT_SECONDS="1", **environment).port


def answers(port, origin, movie, other):
    """Yields status and headers of an answer of each kind."""
    viewer = User.objects.create(username="viewer", password=make_password("a long password"))
    login = {"Authorization": f"Bearer {AuthToken.objects.create(viewer)[1]}", "Origin": origin}
    ticket = json.dumps({"subject": "Sound", "message": "There is none.", "category": "playback"})
    posted = login | {"Content-Type": "application/json"}
    _, first = send(port, "GET", MOVIES, Origin=origin)
    requests = [
        (200, "GET", MOVIES, None, {"Origin": origin}),
        (200, "GET", MOVIES, None, {"Origin": origin}),  # by the event loop
        (304, "GET", MOVIES, None, {"Origin": origin, "If-None-Match": first["etag"]}),
        (201, "POST", "/api/v1/tickets/", ticket, posted | {"Idempotency-Key": "a"}),
        (422, "POST", "/api/v1/tickets/", ticket.replace("none", "some"), posted | {"Idempotency-Key": "a"}),
        (200, "PUT", f"{MOVIES}{movie.pk}/like/", None, login),
        (204, "DELETE", f"{MOVIES}{movie.pk}/like/", None, login),
        (308, "GET", f"{MOVIES}{other}/", None, {"Origin": origin}),
        (400, "GET", f"{MOVIES}?year_min=x", None, {"Origin": origin}),
        (401, "GET", "/api/v1/likes/", None, {"Origin": origin}),
        (404, "GET", "/api/v1/nothing/", None, {"Origin": origin}),
        (405, "DELETE", "/api/v1/genres/", None, {"Origin": origin}),
        (406, "GET", MOVIES, None, {"Origin": origin, "Accept": "image/png"}),
        (408, "POST", "/api/v1/tickets/", None, posted | {"Content-Length": "10"}),
        (412, "DELETE", f"{MOVIES}{movie.pk}/like/", None, login | {"If-Match": '"x"'}),
        (413, "POST", "/api/v1/tickets/", None, posted | {"Content-Length": "2000000"}),
        (415, "POST", "/api/v1/tickets/", "x", login | {"Content-Type": "text/plain"}),
    ]
    for expected, method, path, body, headers in requests:
        status, given = send(port, method, path, body, **headers)
        assert status == expected, (method, path)
        yield status, given


@pytest.fixture
def merged():
    """A film, and the number of one that was merged with it."""
    movie = make_movie("Heat")
    recompute([movie.pk])
    MergedMovie.objects.create(number=10**6, kept=movie, into=movie.pk, record={})
    return movie, 10**6


def test_it_lets_an_allowed_origin_read_every_kind_of_answer(serve, merged):
    port = serve(CORS_ORIGINS=f"{APP},http://localhost:3000")
    for status, headers in answers(port, APP, *merged):
        assert headers.get("access-control-allow-origin") == APP, status
        assert {name.strip().lower() for name in headers["access-control-expose-headers"].split(",")} == EXPOSED
        assert "Origin" in headers["vary"], status
        assert "access-control-allow-credentials" not in headers
        assert headers["x-request-id"]


def test_it_tells_caches_that_the_answer_depends_on_the_origin(serve):
    port = serve(CORS_ORIGINS=APP)
    for headers in ({}, {"Origin": STRANGER}):
        _, given = send(port, "GET", MOVIES, **headers)
        assert "access-control-allow-origin" not in given
        assert "Origin" in given["vary"]


def test_it_gives_all_origins_the_same_answer(serve, merged):
    port = serve(CORS_ORIGINS="*")
    for status, headers in answers(port, STRANGER, *merged):
        assert headers.get("access-control-allow-origin") == "*", status
        assert "Origin" not in headers.get("vary", "")
    assert send(port, "GET", MOVIES)[1]["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", [MOVIES, f"{MOVIES}1/like/", "/api/v1/tickets/", "/api/v1/auth/login/"])
def test_it_answers_preflights(serve, path):
    port = serve(CORS_ORIGINS=APP)
    wanted = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization, if-match"}
    status, headers = send(port, "OPTIONS", path, Origin=APP, **wanted)
    assert (status, headers["access-control-allow-origin"]) == (204, APP)
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(headers["access-control-allow-methods"].split(", "))
    allowed = headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key", "if-match"))
    _, headers = send(port, "OPTIONS", path, Origin=STRANGER, **wanted)
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/admin/login/", "/api/session/login/", "/healthz"])
def test_it_keeps_other_origins_away_from_our_own_pages(serve, path):
    _, headers = send(serve(CORS_ORIGINS="*"), "GET", path, Origin=APP)
    assert not [name for name in headers if name.startswith("access-control-")]


def test_it_allows_pages_of_this_machine_while_nothing_else_can_reach_it(serve):
    port = serve()
    for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]", "http://localhost"):
        assert send(port, "GET", MOVIES, Origin=origin)[1]["access-control-allow-origin"] == origin
    for origin in (APP, "http://localhost.example.com", "https://localhost:3000", "null", "http://localhost:3000.evil"):
        assert "access-control-allow-origin" not in send(port, "GET", MOVIES, Origin=origin)[1]


def test_it_allows_nobody_unless_told_where_others_can_reach_it(serve):
    port = serve(HOST="0.0.0.0")
    _, headers = send(port, "GET", MOVIES, Origin="http://localhost:3000")
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "Origin" not in headers["vary"]


def test_it_takes_over_the_request_id_of_the_client_if_it_can_be_shown(serve):
    port = serve()
    assert send(port, "GET", MOVIES, X_Request_ID="abc-1")[1]["x-request-id"] == "abc-1"
    for odd in ("a b", "x" * 200, "é"):
        assert send(port, "GET", MOVIES, X_Request_ID=odd)[1]["x-request-id"] not in ("", odd)


def test_it_names_a_request_in_the_body_of_an_error_as_in_its_header(serve):
    request = Request(f"http://127.0.0.1:{serve()}{MOVIES}?nonsense=1", headers={"X-Request-ID": "abc-1"})
    with pytest.raises(HTTPError) as refused, closing(urlopen(request, timeout=20)):
        pass
    assert refused.value.headers["X-Request-ID"] == json.load(refused.value)["request_id"] == "abc-1"


def test_it_allows_subdomains():
    cors = Cors(["https://*.example.com"])
    shown = {"PATH_INFO": MOVIES, "REQUEST_METHOD": "GET"}
    for origin, allowed in (
        ("https://app.example.com", True), ("https://a.b.example.com", True), ("https://example.com", False),
        ("http://app.example.com", False), ("https://evilexample.com", False), ("https://app.example.com.evil", False),
    ):  # fmt: skip
        headers = dict(cors.add_headers(shown | {"HTTP_ORIGIN": origin}, []))
        assert ("Access-Control-Allow-Origin" in headers) is allowed, origin
