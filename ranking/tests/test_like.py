import pytest
from django.core.exceptions import ObjectDoesNotExist

from movies.models import LikeCount
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from ranking import services
from ranking.models import Like, Standing

pytestmark = pytest.mark.django_db


def url(movie):
    return f"/api/v1/movies/{movie.pk}/like/"


def test_it_stores_one_like_for_repeated_requests(viewer_api):
    movie = make_movie()
    for _ in range(3):
        answer = viewer_api.put(url(movie))
        assert (answer.status_code, answer.json()) == (200, {"likes": 1, "liked": True})
    assert Like.objects.count() == 1


def test_it_unlikes_and_repeating_it_changes_nothing(viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    for _ in range(2):
        assert viewer_api.delete(url(movie)).status_code == 204
    assert viewer_api.get(url(movie)).json() == {"likes": 0, "liked": False}
    assert not Like.objects.exists()


def test_it_shows_the_count_to_everybody_and_liked_to_the_viewer(api, viewer_api):
    movie = make_movie()
    services.like(user_id=User.objects.create_user("other").pk, movie_id=movie.pk)
    assert api.get(url(movie)).json() == {"likes": 1}
    assert viewer_api.get(url(movie)).json() == {"likes": 1, "liked": False}


def test_it_shows_in_the_details_and_in_lists_at_once(api, viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    assert api.get(f"/api/v1/movies/{movie.pk}/").json()["likes"] == 1
    assert api.get("/api/v1/movies/").json()["results"][0]["likes"] == 1
    assert viewer_api.get(f"/api/v1/movies/{movie.pk}/").json()["liked"] is True
    assert "liked" not in api.get(f"/api/v1/movies/{movie.pk}/").json()


def test_it_counts_in_every_genre_of_the_movie(viewer_api):
    movie = make_movie(genres=("Drama", "Crime"))
    viewer_api.put(url(movie))
    assert list(Standing.objects.values_list("likes", flat=True)) == [1, 1, 1]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
@pytest.mark.parametrize("pk", ["0", "12345678", str(10**30)])
def test_it_answers_404_for_a_movie_that_does_not_exist(viewer_api, method, pk):
    answer = getattr(viewer_api, method)(f"/api/v1/movies/{pk}/like/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Like.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete"])
def test_it_needs_a_login_to_change_anything(api, viewer, method):
    movie = make_movie()
    services.like(user_id=viewer.pk, movie_id=movie.pk)
    assert getattr(api, method)(url(movie)).status_code == 401
    assert Like.objects.count() == 1


def test_it_is_deleted_with_the_movie(viewer_api, curator_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    assert curator_api.delete(f"/api/v1/movies/{movie.pk}/").status_code == 204
    assert not Like.objects.exists()
    assert not Standing.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_refuses_a_person_or_a_movie_that_was_deleted_meanwhile(viewer):
    movie, person = make_movie(), viewer.pk
    with pytest.raises(ObjectDoesNotExist):
        services.like(user_id=person, movie_id=movie.pk + 1)
    viewer.delete()
    with pytest.raises(ObjectDoesNotExist):
        services.like(user_id=person, movie_id=movie.pk)
    assert LikeCount.objects.get().likes == 0
    assert not Like.objects.exists()


def test_it_accepts_an_empty_body_and_refuses_any_field(viewer_api):
    movie, other = make_movie(), User.objects.create_user("other")
    answer = viewer_api.put(url(movie), {"user": other.pk, "likes": 1000})
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {"user", "likes"}
    assert not Like.objects.exists()
    assert viewer_api.put(url(movie), {}).status_code == 200


def test_it_takes_one_query_for_any_movie(viewer, viewer_api, django_assert_num_queries):
    one, many = make_movie(), make_movie(genres=tuple(f"Genre {n}" for n in range(20)))
    for movie in (one, many):
        with django_assert_num_queries(1):  # the call of a function
            viewer_api.put(url(movie))


def test_it_counts_for_a_movie_whose_standing_is_missing(viewer, viewer_api):
    movie = make_movie(genres=("Drama", "Crime"))
    Standing.objects.all().delete()
    answer = viewer_api.put(url(movie))
    assert (answer.status_code, answer.json()) == (200, {"likes": 1, "liked": True})
    assert services.rebuild().drift == 0
    Standing.objects.all().delete()
    assert viewer_api.delete(url(movie)).status_code == 204
    assert LikeCount.objects.get().likes == 0
