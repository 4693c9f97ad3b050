import pytest

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from ranking import services

pytestmark = pytest.mark.django_db
URL = "/api/v1/likes/"


def test_it_lists_my_likes_with_their_movies_newest_first(viewer, viewer_api):
    movies = [make_movie(genres=("Drama", "Crime")) for _ in range(3)]
    for movie in movies:
        services.like(user_id=viewer.pk, movie_id=movie.pk)
    services.like(user_id=User.objects.create_user("other").pk, movie_id=make_movie().pk)
    rows = viewer_api.get(URL).json()["results"]
    assert [row["movie"]["id"] for row in rows] == [movie.pk for movie in reversed(movies)]
    assert rows[0].keys() == {"liked_at", "movie"}
    assert rows[0]["movie"]["genres"] == ["Crime", "Drama"]
    assert rows[0]["movie"]["likes"] == 1


@pytest.mark.parametrize("count", [0, 1, 30])
def test_it_takes_one_query_for_any_length(viewer, viewer_api, count, django_assert_num_queries):
    for _ in range(count):
        services.like(user_id=viewer.pk, movie_id=make_movie().pk)
    with django_assert_num_queries(1):
        assert len(viewer_api.get(URL).json()["results"]) == min(count, 20)


def test_it_needs_a_login(api):
    assert api.get(URL).status_code == 401
