"""`POST movies/{id}/merge/`: permissions and refusals."""

import pytest
from django.contrib.auth.models import Permission

from movies.models import MergedMovie, Movie
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


@pytest.fixture
def movies():
    return make_movie("Heat", year=1995).pk, make_movie("Heat", year=1996, metascore=76).pk


def merge(api, movies, **headers):
    kept, merged = movies
    return api.post(f"/api/v1/movies/{kept}/merge/", {"merged": merged}, headers=headers)


def test_it_answers_the_movie_that_stays(curator_api, api, movies):
    answer = merge(curator_api, movies)
    assert answer.status_code == 200
    assert answer.json() == api.get(f"/api/v1/movies/{movies[0]}/").json()
    assert (answer.json()["id"], answer.json()["year"], answer.json()["metascore"]) == (movies[0], 1995, 76)
    assert api.get(f"/api/v1/movies/{movies[1]}/").status_code == 308


def test_it_is_done_once_with_a_key(curator_api, movies):
    first, again = (merge(curator_api, movies, idempotency_key="one") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("permissions", [[], ["change_movie"], ["delete_movie"], ["change_movie", "delete_movie"]])
def test_it_needs_the_permissions_to_change_and_to_delete(viewer, viewer_api, movies, permissions):
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    answer = merge(viewer_api, movies)
    assert answer.status_code == (200 if len(permissions) == 2 else 403)
    assert Movie.objects.count() == (1 if len(permissions) == 2 else 2)


def test_it_is_for_staff(api, viewer_api, movies):
    assert (merge(api, movies).status_code, merge(viewer_api, movies).status_code) == (401, 403)
    assert Movie.objects.count() == 2


def test_it_refuses_what_is_no_other_movie(curator_api, movies):
    kept, merged = movies
    for other in (kept, merged + 1000, 0, "x"):
        answer = merge(curator_api, (kept, other))
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["merged"])
    assert merge(curator_api, (merged + 1000, kept)).status_code == 404
    assert Movie.objects.count() == 2
    assert not MergedMovie.objects.exists()
