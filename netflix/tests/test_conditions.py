"""Writes with a condition: a client that has seen something else changes nothing (RFC 9110, 13)."""

import orjson
import pytest
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from movies.models import Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.meanwhile import at_once
from netflix.tests.ways import environ, login_of
from ranking import services as ranking
from ranking.models import Like
from reminder.models import Reminder, Watched

pytestmark = pytest.mark.django_db

OF_MANY = {"put likes/", "put reminders/", "put watched/"}  # what GET answers there is one page, not what PUT writes
BODIES = {"PATCH movies/{}/": {"certificate": "PG-13"}, "PUT reminders/{}/": {"note": "soon"}}
WRITES = (
    "PATCH movies/{}/", "DELETE movies/{}/", "PUT movies/{}/like/", "DELETE movies/{}/like/", "PUT reminders/{}/",
    "DELETE reminders/{}/", "PUT watched/{}/", "DELETE watched/{}/", "DELETE auth/logins/", "DELETE auth/me/",
)  # fmt: skip


@pytest.fixture
def movie():
    movie = make_movie("Heat", certificate="R")
    ranking.recompute([movie.pk])
    return movie


def call(client, write, movie, **headers):
    method, path = write.split()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic(method, f"/api/v1/{path.format(movie.pk)}", *_body(write), headers=named)


def _body(write):
    return (orjson.dumps(BODIES[write]), "application/json") if write in BODIES else ()


def seen(client, write, movie):
    """The entity tag of the resource that the write changes."""
    answer = client.get(f"/api/v1/{write.split()[1].format(movie.pk)}")
    assert answer.status_code == 200
    return answer.headers["ETag"]


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Movie, Like, Reminder, Watched, User, AuthToken)
    ]  # fmt: skip


def put_on_all_lists(client, movie):
    AuthToken.objects.create(User.objects.get(username="admin"))
    for path in ("movies/{}/like/", "watched/{}/", "reminders/{}/"):
        assert client.put(f"/api/v1/{path.format(movie.pk)}").status_code in (200, 201)


def test_it_has_a_condition_for_every_write_beside_a_read(api):
    paths = api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    found = set()
    for path, operations in paths.items():
        for method in {"put", "patch", "delete"} & operations.keys() if "get" in operations else ():
            if f"{method} {path.removeprefix('/api/v1/')}" in OF_MANY:
                continue
            found.add(f"{method.upper()} {path.removeprefix('/api/v1/').replace('{movie_id}', '{}')}")
            assert {"If-Match", "If-None-Match"} <= {it["name"] for it in operations[method]["parameters"]}, path
            assert "412" in operations[method]["responses"], path
    assert found == set(WRITES)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("condition", ['"nonsense"', "nonsense", "", 'W/"a", "b-c"'])
def test_it_does_nothing_when_something_else_is_expected(curator_api, movie, write, condition):
    put_on_all_lists(curator_api, movie)
    before = everything()
    answer = call(curator_api, write, movie, If_Match=condition)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert everything() == before


@pytest.mark.parametrize("write", WRITES)
def test_it_does_nothing_when_nothing_is_expected_and_something_is_there(curator_api, movie, write):
    put_on_all_lists(curator_api, movie)
    before = everything()
    for condition in ("*", seen(curator_api, write, movie)):
        assert call(curator_api, write, movie, If_None_Match=condition).status_code == 412
    assert everything() == before


@pytest.mark.parametrize("write", WRITES)
def test_it_does_what_is_asked_of_what_was_seen(curator_api, movie, write):
    put_on_all_lists(curator_api, movie)
    answer = call(curator_api, write, movie, If_Match=seen(curator_api, write, movie))
    assert answer.status_code in (200, 204)


@pytest.mark.parametrize("write", WRITES)
def test_it_accepts_a_tag_that_a_proxy_has_made_weak_and_any_of_several(curator_api, movie, write):
    put_on_all_lists(curator_api, movie)
    tag = f'"other", W/{seen(curator_api, write, movie)}'
    assert call(curator_api, write, movie, If_Match=tag).status_code in (200, 204)


@pytest.mark.parametrize("write", ["PUT reminders/{}/", "PUT watched/{}/"])
def test_it_adds_only_what_is_not_there(viewer_api, movie, write):
    assert call(viewer_api, write, movie, If_Match="*").status_code == 412
    assert call(viewer_api, write, movie, If_None_Match="*").status_code == 201
    assert call(viewer_api, write, movie, If_None_Match="*").status_code == 412


@pytest.mark.parametrize("write", [write for write in WRITES if "{}" in write])
def test_it_still_says_that_a_movie_is_not_there(curator_api, movie, write):
    gone = Movie(pk=movie.pk + 999)
    assert call(curator_api, write, gone, If_Match='"x"').status_code == 404


def test_it_is_no_way_round_permissions(viewer_api, api, movie):
    for client, status in ((api, 401), (viewer_api, 403)):
        assert call(client, "DELETE movies/{}/", movie, If_Match='"x"').status_code == status
    assert Movie.objects.filter(pk=movie.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", ["PATCH movies/{}/", "DELETE movies/{}/", "PUT reminders/{}/", "PUT movies/{}/like/"])
def test_it_lets_one_of_two_win_who_have_seen_the_same(admin, movie, write):
    client = APIClient()
    client.force_authenticate(admin)
    if write.startswith("PUT reminders"):
        client.put(f"/api/v1/reminders/{movie.pk}/")
    tag = seen(client, write, movie)

    def attempt():
        other = APIClient(raise_request_exception=False)
        other.force_authenticate(admin)
        return call(other, write, movie, If_Match=tag).status_code

    statuses = sorted(at_once([attempt] * 8))
    assert statuses[0] in (200, 204)
    assert set(statuses[1:]) <= {412, 404}
    assert statuses.count(statuses[0]) == 1


@pytest.mark.django_db(transaction=True)
def test_it_takes_the_tag_that_either_path_gave(admin, movie, ways):
    login, client = login_of(admin), Client()
    details, like = f"/api/v1/movies/{movie.pk}/", f"/api/v1/movies/{movie.pk}/like/"
    for url in (details, like):
        ways.same(url, **login)
        for path in (ways.view, ways.fast):
            tag = dict(path(environ(url, **login))[1])["ETag"]
            headers = {"Authorization": login["authorization"], "If-Match": tag}
            if url == like:
                answer = client.put(url, headers=headers)
            else:
                answer = client.patch(url, '{"certificate": "PG"}', "application/json", headers=headers)
            assert answer.status_code == 200
