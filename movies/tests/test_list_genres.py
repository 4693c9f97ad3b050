import pytest

from movies.models import Genre
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


def test_it_counts_the_movies_of_each_genre(api):
    make_movie(genres=("Drama", "Crime"))
    make_movie(genres=("Drama",))
    empty = Genre.objects.create(name="Western")
    answer = api.get("/api/v1/genres/").json()
    assert [(row["name"], row["movies"]) for row in answer["results"]] == [("Crime", 1), ("Drama", 2), ("Western", 0)]
    assert answer["results"][2]["id"] == empty.pk


def test_it_gives_a_hundred_at_once_and_pages_beyond(api):
    Genre.objects.bulk_create(Genre(name=f"Genre {n:03}") for n in range(103))
    first = api.get("/api/v1/genres/").json()
    second = api.get(first["next"]).json()
    assert [len(first["results"]), len(second["results"])] == [100, 3]


@pytest.mark.parametrize("genres", [1, 20])
def test_it_takes_one_query(api, genres, django_assert_num_queries):
    make_movie(genres=tuple(f"Genre {n}" for n in range(genres)))
    with django_assert_num_queries(1):
        assert len(api.get("/api/v1/genres/").json()["results"]) == genres
