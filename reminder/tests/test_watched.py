"""GET watched/, PUT and DELETE watched/{movie_id}/"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from reminder import services
from reminder.models import Reminder, Viewing, Watched

pytestmark = pytest.mark.django_db
URL = "/api/v1/watched/"
MAY, JUNE, JULY = (f"2026-0{month}-01T20:00:00Z" for month in (5, 6, 7))


def url(movie):
    return f"{URL}{movie.pk}/"


def test_it_notes_that_i_have_just_watched_a_movie(viewer_api):
    movie = make_movie("Heat")
    answer = viewer_api.put(url(movie))
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"movie", "times", "last_watched_at", "history"}
    assert (body["movie"]["title"], body["times"]) == ("Heat", 1)
    assert body["history"] == [body["last_watched_at"]]
    assert viewer_api.get(URL).json()["results"] == [body]


def test_it_keeps_every_time_and_counts_them(viewer_api):
    movie = make_movie()
    for moment in (JUNE, MAY, JULY):
        answer = viewer_api.put(url(movie), {"watched_at": moment})
    assert answer.status_code == 200
    assert answer.json()["times"] == 3
    assert answer.json()["last_watched_at"] == JULY
    assert answer.json()["history"] == [JULY, JUNE, MAY]


def test_it_counts_watching_again_now(viewer_api):
    movie = make_movie()
    first = timezone.now() - timedelta(minutes=11)
    viewer_api.put(url(movie), {"watched_at": first})
    assert [viewer_api.put(url(movie)).json()["times"] for _ in range(3)] == [2, 2, 2]  # the answer to one was lost


def test_it_tells_now_from_times_long_past_and_near(viewer_api):
    movie = make_movie()
    first = viewer_api.put(url(movie)).json()["last_watched_at"]
    again = viewer_api.put(url(movie), {"watched_at": MAY}).json()
    assert (again["times"], again["last_watched_at"]) == (2, first)
    assert viewer_api.put(url(movie)).json()["history"] == [first, MAY]


def test_it_takes_the_same_time_again_for_the_same_viewing(viewer_api):
    movie = make_movie()
    for _ in range(3):
        assert viewer_api.put(url(movie), {"watched_at": MAY}).json()["times"] == 1


def test_it_closes_my_reminder_and_nobody_elses(viewer, viewer_api):
    movie, other = make_movie(), User.objects.create_user("other")
    for user in (viewer, other):
        services.set_reminder(user_id=user.pk, movie_id=movie.pk)
    viewer_api.put(url(movie))
    assert list(Reminder.objects.values_list("user", flat=True)) == [other.pk]


def test_it_keeps_the_reminder_when_watching_cannot_be_noted(viewer, viewer_api):
    movie = make_movie()
    services.set_reminder(user_id=viewer.pk, movie_id=movie.pk)
    assert viewer_api.put(url(movie), {"watched_at": "never"}).status_code == 400
    assert Reminder.objects.count() == 1
    assert not Watched.objects.exists()


def test_it_shows_one_of_mine_and_nobody_elses(viewer_api):
    movie, theirs = make_movie(), make_movie()
    services.record_viewing(user_id=User.objects.create_user("other").pk, movie_id=theirs.pk)
    put = viewer_api.put(url(movie))
    assert viewer_api.get(url(movie)).json() == put.json()
    answer = viewer_api.get(url(theirs))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_it_forgets_a_movie_with_all_its_times(viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    for _ in range(2):
        assert viewer_api.delete(url(movie)).status_code == 204
    assert not Watched.objects.exists()
    assert not Viewing.objects.exists()


def test_it_lists_what_was_watched_last_first(viewer_api):
    movies = [make_movie() for _ in range(3)]
    for movie, moment in zip(movies, (JUNE, MAY, JULY), strict=True):
        viewer_api.put(url(movie), {"watched_at": moment})
    first = viewer_api.get(f"{URL}?page_size=2").json()
    second = viewer_api.get(first["next"]).json()
    rows = first["results"] + second["results"]
    assert [row["movie"]["id"] for row in rows] == [movies[n].pk for n in (2, 0, 1)]


@pytest.mark.parametrize("count", [0, 1, 25])
def test_it_is_one_query_whatever_it_holds(viewer, viewer_api, count, django_assert_num_queries):
    for n in range(count):
        movie = make_movie()
        for back in range(n % 3 + 1):
            at = timezone.now() - timedelta(days=back)
            services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=at)
    with django_assert_num_queries(1):
        assert len(viewer_api.get(URL).json()["results"]) == min(count, 20)


def test_it_shows_the_last_fifty_times_and_counts_all(viewer, viewer_api):
    movie, now = make_movie(), timezone.now()
    for days in range(60):
        services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=now - timedelta(days=days))
    (row,) = viewer_api.get(URL).json()["results"]
    assert (row["times"], len(row["history"])) == (60, 50)


@pytest.mark.parametrize("moment", ["2026-05-01T20:00:00", "soon", "9999-12-31T23:59:59Z", 12])
def test_it_refuses_a_time_that_is_none_or_has_not_come(viewer_api, moment):
    answer = viewer_api.put(url(make_movie()), {"watched_at": moment})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "watched_at")
    assert not Watched.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("pk", ["0", "12345678", str(10**30)])
def test_it_answers_404_for_a_movie_that_is_not_there(viewer_api, method, pk):
    assert getattr(viewer_api, method)(f"{URL}{pk}/").status_code == 404
    assert not Watched.objects.exists()


def test_it_is_told_on_the_page_of_the_movie(api, viewer_api):
    movie = make_movie()
    details = f"/api/v1/movies/{movie.pk}/"
    assert viewer_api.get(details).json()["watched"] is None
    for moment in (MAY, JUNE):
        viewer_api.put(url(movie), {"watched_at": moment})
    assert viewer_api.get(details).json()["watched"] == {"times": 2, "last_watched_at": JUNE}
    assert "watched" not in api.get(details).json()


def test_it_needs_a_login(api):
    movie = make_movie()
    answers = [api.get(URL), api.put(url(movie)), api.delete(url(movie))]
    assert {answer.status_code for answer in answers} == {401}
    assert not Watched.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_notes_one_viewing_when_the_same_is_said_many_times_at_once(viewer):
    movie, moment = make_movie(), timezone.now()

    def watch(_):
        try:
            services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=moment)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(watch, range(32)))
    assert (Watched.objects.count(), Viewing.objects.count()) == (1, 1)
