"""GET movies/ filtered by what the films are to the viewer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db
URL = "/api/v1/movies/"


@pytest.fixture
def movies(viewer_api):
    """A film that the viewer likes, one that they have watched, one with a reminder, and one of nobody's."""
    liked, watched, reminded, other = [make_movie() for _ in range(4)]
    viewer_api.put(f"{URL}{liked.pk}/like/")
    viewer_api.put(f"/api/v1/watched/{watched.pk}/")
    viewer_api.put(f"/api/v1/reminders/{reminded.pk}/", {"remind_at": timezone.now() + timedelta(days=1)})
    return [movie.pk for movie in (liked, watched, reminded, other)]


def ids(api, query):
    answer = api.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("liked=1", [0]),
        ("liked=true&watched=0", [0]),
        ("watched=1", [1]),
        ("reminder=1", [2]),
        ("liked=0", [1, 2, 3]),
        ("liked=0&watched=0&reminder=false", [3]),
        ("liked=1&watched=1", []),
        ("liked=&watched=", [0, 1, 2, 3]),
        ("liked=0&ordering=-id&genre=Drama", [3, 2, 1]),
    ],
)
def test_it_filters_by_what_a_movie_is_to_the_viewer(viewer_api, movies, query, expected):
    assert ids(viewer_api, query) == [movies[n] for n in expected]


def test_it_pages_through_filtered_movies(viewer_api, movies):
    page = viewer_api.get(f"{URL}?liked=0&page_size=2").json()
    assert [row["id"] for row in page["results"]] == movies[1:3]
    assert [row["id"] for row in viewer_api.get(page["next"]).json()["results"]] == movies[3:]


def test_it_searches_among_what_the_viewer_likes(viewer_api):
    liked, other = make_movie("Storm at sea"), make_movie("Storm on land")
    viewer_api.put(f"{URL}{liked.pk}/like/")
    assert ids(viewer_api, "q=storm&liked=1") == [liked.pk]
    assert ids(viewer_api, "q=storm&liked=0") == [other.pk]


@pytest.mark.parametrize("name", ["liked", "watched", "reminder"])
def test_it_needs_a_login(api, name):
    answer = api.get(f"{URL}?{name}=1")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_it_refuses_what_is_neither_yes_nor_no(viewer_api):
    answer = viewer_api.get(f"{URL}?liked=maybe")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["liked"])


def test_it_lets_no_shared_cache_keep_them(viewer_api, movies):
    assert "public" not in viewer_api.get(f"{URL}?liked=1").headers["Cache-Control"]
