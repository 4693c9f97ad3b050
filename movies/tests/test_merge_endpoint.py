"""`POST movies/{id}/merge/`: who may, and what is refused."""

import pytest
from django.contrib.auth.models import Permission

from movies.models import MergedMovie, Movie
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


@pytest.fixture
def films():
    return make_movie("Heat", year=1995).pk, make_movie("Heat", year=1996, metascore=76).pk


def merge(api, films, **headers):
    kept, merged = films
    return api.post(f"/api/v1/movies/{kept}/merge/", {"merged": merged}, headers=headers)


def test_it_answers_the_film_that_stays(curator_api, api, films):
    answer = merge(curator_api, films)
    assert answer.status_code == 200
    assert answer.json() == api.get(f"/api/v1/movies/{films[0]}/").json()
    assert (answer.json()["id"], answer.json()["year"], answer.json()["metascore"]) == (films[0], 1995, 76)
    assert api.get(f"/api/v1/movies/{films[1]}/").status_code == 308


def test_it_is_done_once_with_a_key(curator_api, films):
    first, again = (merge(curator_api, films, idempotency_key="one") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("permissions", [[], ["change_movie"], ["delete_movie"], ["change_movie", "delete_movie"]])
def test_it_needs_the_permissions_to_change_and_to_delete(viewer, viewer_api, films, permissions):
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    answer = merge(viewer_api, films)
    assert answer.status_code == (200 if len(permissions) == 2 else 403)
    assert Movie.objects.count() == (1 if len(permissions) == 2 else 2)


def test_it_is_for_staff(api, viewer_api, films):
    assert (merge(api, films).status_code, merge(viewer_api, films).status_code) == (401, 403)
    assert Movie.objects.count() == 2


def test_it_refuses_what_is_no_other_film(curator_api, films):
    kept, merged = films
    for other in (kept, merged + 1000, 0, "x"):
        answer = merge(curator_api, (kept, other))
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["merged"])
    assert merge(curator_api, (merged + 1000, kept)).status_code == 404
    assert Movie.objects.count() == 2
    assert not MergedMovie.objects.exists()
