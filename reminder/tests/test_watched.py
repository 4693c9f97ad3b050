"""GET watched/, PUT and DELETE watched/{movie_id}/, DELETE watched/{movie_id}/{play_id}/"""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.meanwhile import at_once
from reminder import services
from reminder.models import Reminder, Viewing, Watched
from reminder.selectors import NoSuchViewing

pytestmark = pytest.mark.django_db
URL = "/api/v1/watched/"
MAY, JUNE, JULY = (f"2026-0{month}-01T20:00:00Z" for month in (5, 6, 7))


def url(movie):
    return f"{URL}{movie.pk}/"


def test_it_records_a_viewing_now(viewer_api):
    movie = make_movie("Heat")
    answer = viewer_api.put(url(movie))
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"movie", "times", "last_watched_at", "history", "plays"}
    assert (body["movie"]["title"], body["times"]) == ("Heat", 1)
    assert body["history"] == [body["last_watched_at"]]
    assert body["plays"] == [{"id": Viewing.objects.get().pk, "watched_at": body["last_watched_at"]}]
    (row,) = viewer_api.get(URL).json()["results"]
    assert row == body | {"movie": body["movie"] | {"liked": False, "watched": True, "reminder": False}}


def test_it_stores_and_counts_every_viewing(viewer_api):
    movie = make_movie()
    for value in (JUNE, MAY, JULY):
        answer = viewer_api.put(url(movie), {"watched_at": value})
    assert answer.status_code == 200
    assert answer.json()["times"] == 3
    assert answer.json()["last_watched_at"] == JULY
    assert answer.json()["history"] == [JULY, JUNE, MAY]


def test_it_counts_another_viewing_after_ten_minutes(viewer_api):
    movie = make_movie()
    first = timezone.now() - timedelta(minutes=11)
    viewer_api.put(url(movie), {"watched_at": first})
    assert [viewer_api.put(url(movie)).json()["times"] for _ in range(3)] == [2, 2, 2]  # the answer to one was lost


def test_it_treats_now_and_a_past_time_as_two_viewings(viewer_api):
    movie = make_movie()
    first = viewer_api.put(url(movie)).json()["last_watched_at"]
    again = viewer_api.put(url(movie), {"watched_at": MAY}).json()
    assert (again["times"], again["last_watched_at"]) == (2, first)
    assert viewer_api.put(url(movie)).json()["history"] == [first, MAY]


def test_it_treats_an_equal_time_as_the_same_viewing(viewer_api):
    movie = make_movie()
    for _ in range(3):
        assert viewer_api.put(url(movie), {"watched_at": MAY}).json()["times"] == 1


def test_it_closes_my_reminder_and_nobody_elses(viewer, viewer_api):
    movie, other = make_movie(), User.objects.create_user("other")
    for user in (viewer, other):
        services.set_reminder(user_id=user.pk, movie_id=movie.pk)
    viewer_api.put(url(movie))
    assert list(Reminder.objects.values_list("user", flat=True)) == [other.pk]


@pytest.mark.parametrize("after", [timedelta(0), timedelta(minutes=-5), timedelta(days=-300)])
@pytest.mark.parametrize("remind_at", [None, timedelta(days=-1), timedelta(days=1)])
def test_it_keeps_a_reminder_that_was_made_after_the_viewing(viewer, viewer_api, after, remind_at):
    movie = make_movie()
    at = remind_at and timezone.now() + remind_at
    services.set_reminder(user_id=viewer.pk, movie_id=movie.pk, remind_at=at, note="With Ann.")
    made = Reminder.objects.get().created_at
    viewer_api.put(url(movie), {"watched_at": made + after - timedelta(microseconds=1)})
    assert Reminder.objects.get().note == "With Ann."


def test_it_closes_a_reminder_by_watching_again_within_ten_minutes(viewer, viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    services.set_reminder(user_id=viewer.pk, movie_id=movie.pk)
    assert viewer_api.put(url(movie)).json()["times"] == 1
    assert not Reminder.objects.exists()


@pytest.mark.parametrize(
    ("remind_at", "watched_at", "stays"),
    [
        (timedelta(days=7), timedelta(days=-1), True),
        (timedelta(days=7), None, False),
        (timedelta(hours=-1), timedelta(days=-1), False),
        (None, timedelta(days=-1), False),
    ],
)
def test_it_keeps_a_reminder_whose_time_is_still_to_come_from_a_viewing_in_the_past(
    viewer, viewer_api, remind_at, watched_at, stays
):
    movie, now = make_movie(), timezone.now()
    services.set_reminder(user_id=viewer.pk, movie_id=movie.pk, remind_at=remind_at and now + remind_at)
    Reminder.objects.update(created_at=now - timedelta(days=30))
    answer = viewer_api.put(url(movie), {"watched_at": watched_at and now + watched_at})
    assert answer.status_code == 201
    assert Reminder.objects.exists() is stays


def test_it_treats_a_time_up_to_a_minute_ahead_as_now(viewer, viewer_api):
    movie = make_movie()
    services.set_reminder(user_id=viewer.pk, movie_id=movie.pk, remind_at=timezone.now() + timedelta(days=1))
    answer = viewer_api.put(url(movie), {"watched_at": timezone.now() + timedelta(seconds=50)})
    assert answer.status_code == 201
    assert Watched.objects.get().last_watched_at <= timezone.now()
    assert not Reminder.objects.exists()


def test_it_refuses_a_time_further_ahead(viewer_api):
    answer = viewer_api.put(url(make_movie()), {"watched_at": timezone.now() + timedelta(seconds=90)})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "future")
    assert not Watched.objects.exists()


def test_it_recognizes_a_repeated_time_of_a_fast_clock(viewer_api):
    """The time was ahead of the server's clock at first, but not when the client sends it again."""
    movie, by_client = make_movie(), timezone.now() - timedelta(seconds=20)
    by_server = by_client - timedelta(seconds=50)
    viewer_api.put(url(movie), {"watched_at": by_server})
    assert viewer_api.put(url(movie), {"watched_at": by_client}).json()["times"] == 1


@pytest.mark.parametrize("value", ["2026-05-01t20:00:00z", "2026-05-01t20:00:00.000Z", "2026-05-01T22:00:00+02:00"])
def test_it_reads_every_time_of_rfc_3339(viewer_api, value):
    assert viewer_api.put(url(make_movie()), {"watched_at": value}).json()["history"] == [MAY]


def test_it_removes_one_viewing(viewer_api):
    movie = make_movie()
    for value in (JUNE, MAY, JULY):
        plays = viewer_api.put(url(movie), {"watched_at": value}).json()["plays"]
    assert viewer_api.delete(f"{url(movie)}{plays[0]['id']}/").status_code == 204
    left = viewer_api.get(url(movie)).json()
    assert (left["times"], left["last_watched_at"], left["history"]) == (2, JUNE, [JUNE, MAY])
    assert left["plays"] == plays[1:]
    assert viewer_api.delete(f"{url(movie)}{plays[2]['id']}/").status_code == 204
    assert viewer_api.get(url(movie)).json()["last_watched_at"] == JUNE


def test_it_leaves_the_list_with_its_last_viewing(viewer_api):
    movie = make_movie()
    (play,) = viewer_api.put(url(movie)).json()["plays"]
    assert viewer_api.delete(f"{url(movie)}{play['id']}/").status_code == 204
    assert viewer_api.get(url(movie)).status_code == 404
    assert not Watched.objects.exists()
    assert viewer_api.delete(f"{url(movie)}{play['id']}/").status_code == 404


def test_it_removes_no_viewing_of_somebody_else(viewer_api, api):
    movie, another = make_movie(), make_movie()
    for film in (movie, another):
        services.record_viewing(user_id=User.objects.create_user(f"other {film.pk}").pk, movie_id=film.pk)
        viewer_api.put(url(film))
    before = list(Viewing.objects.order_by("pk").values())
    theirs = Viewing.objects.exclude(watched__user__username="viewer").earliest("pk").pk
    mine_of_another = viewer_api.get(url(another)).json()["plays"][0]["id"]
    for play in (theirs, mine_of_another, 0, 10**30):
        answer = viewer_api.delete(f"{url(movie)}{play}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert viewer_api.delete(f"{URL}12345678/{theirs}/").status_code == 404
    assert api.delete(f"{url(movie)}{theirs}/").status_code == 401
    assert list(Viewing.objects.order_by("pk").values()) == before


def test_it_keeps_the_reminder_if_the_viewing_is_refused(viewer, viewer_api):
    movie = make_movie()
    services.set_reminder(user_id=viewer.pk, movie_id=movie.pk)
    assert viewer_api.put(url(movie), {"watched_at": "never"}).status_code == 400
    assert Reminder.objects.count() == 1
    assert not Watched.objects.exists()


def test_it_shows_an_entry_to_its_owner_only(viewer_api):
    movie, theirs = make_movie(), make_movie()
    services.record_viewing(user_id=User.objects.create_user("other").pk, movie_id=theirs.pk)
    put = viewer_api.put(url(movie))
    assert viewer_api.get(url(movie)).json() == put.json()
    answer = viewer_api.get(url(theirs))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_it_removes_a_movie_with_all_viewings(viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    for _ in range(2):
        assert viewer_api.delete(url(movie)).status_code == 204
    assert not Watched.objects.exists()
    assert not Viewing.objects.exists()


def test_it_lists_the_last_watched_first(viewer_api):
    movies = [make_movie() for _ in range(3)]
    for movie, value in zip(movies, (JUNE, MAY, JULY), strict=True):
        viewer_api.put(url(movie), {"watched_at": value})
    first = viewer_api.get(f"{URL}?page_size=2").json()
    second = viewer_api.get(first["next"]).json()
    rows = first["results"] + second["results"]
    assert [row["movie"]["id"] for row in rows] == [movies[n].pk for n in (2, 0, 1)]


@pytest.mark.parametrize("count", [0, 1, 25])
def test_it_takes_one_query_for_any_length(viewer, viewer_api, count, django_assert_num_queries):
    for n in range(count):
        movie = make_movie()
        for back in range(n % 3 + 1):
            at = timezone.now() - timedelta(days=back)
            services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=at)
    with django_assert_num_queries(1):
        assert len(viewer_api.get(URL).json()["results"]) == min(count, 20)


def test_it_shows_the_last_fifty_viewings_and_counts_all(viewer, viewer_api):
    movie, now = make_movie(), timezone.now()
    for days in range(60):
        services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=now - timedelta(days=days))
    (row,) = viewer_api.get(URL).json()["results"]
    assert (row["times"], len(row["history"]), len(row["plays"])) == (60, 50, 50)
    assert [play["watched_at"] for play in row["plays"]] == row["history"]


@pytest.mark.parametrize(
    "value",
    ["2026-05-01T20:00:00", "soon", "9999-12-31T23:59:59Z", 12, "1887-12-31T23:59:59Z", "0026-05-01T20:00:00Z",
     "1888-01-01T00:00:00+01:00"],
)  # fmt: skip
def test_it_refuses_invalid_future_and_too_early_times(viewer_api, value):
    answer = viewer_api.put(url(make_movie()), {"watched_at": value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "watched_at")
    assert not Watched.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("pk", ["0", "12345678", str(10**30)])
def test_it_answers_404_for_a_movie_that_does_not_exist(viewer_api, method, pk):
    assert getattr(viewer_api, method)(f"{URL}{pk}/").status_code == 404
    assert not Watched.objects.exists()


def test_it_is_in_the_details_of_the_movie(api, viewer_api):
    movie = make_movie()
    details = f"/api/v1/movies/{movie.pk}/"
    assert viewer_api.get(details).json()["watched"] is None
    for value in (MAY, JUNE):
        viewer_api.put(url(movie), {"watched_at": value})
    assert viewer_api.get(details).json()["watched"] == {"times": 2, "last_watched_at": JUNE}
    assert "watched" not in api.get(details).json()


def test_it_needs_a_login(api):
    movie = make_movie()
    answers = [api.get(URL), api.put(url(movie)), api.delete(url(movie))]
    assert {answer.status_code for answer in answers} == {401}
    assert not Watched.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("value", [timezone.now(), None])
def test_it_stores_one_viewing_for_concurrent_equal_requests(viewer, value):
    movie = make_movie()

    def watch():
        services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=value)

    at_once([watch] * 32, threads=8)
    assert (Watched.objects.count(), Viewing.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_it_keeps_last_watched_at_right_under_concurrent_changes(viewer):
    movie, now = make_movie(), timezone.now()
    for days in range(1, 9):
        services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=now - timedelta(days=days))
    taken = list(Viewing.objects.order_by("-watched_at").values_list("pk", flat=True))

    def change(number):
        if number % 2:
            with suppress(NoSuchViewing):
                services.remove_viewing(user_id=viewer.pk, movie_id=movie.pk, play_id=taken[number // 4])
        else:
            at = now - timedelta(days=20 + number)
            services.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=at)

    at_once([partial(change, number) for number in range(32)], threads=8)
    item = Watched.objects.get(user=viewer, movie=movie)
    times = list(item.viewings.values_list("watched_at", flat=True))
    assert len(times) == 16
    assert item.last_watched_at == max(times) == now - timedelta(days=20)
