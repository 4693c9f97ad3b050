"""GET reminders/, PUT and DELETE reminders/{movie_id}/"""

from datetime import UTC, datetime

import pytest

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from reminder import services
from reminder.models import Reminder

pytestmark = pytest.mark.django_db
URL = "/api/v1/reminders/"
CHRISTMAS = "2026-12-24T20:15:00+01:00"


def url(movie):
    return f"{URL}{movie.pk}/"


def test_it_puts_a_movie_on_my_list_with_its_summary(viewer_api):
    movie = make_movie("Heat", genres=("Drama", "Crime"))
    answer = viewer_api.put(url(movie), {"remind_at": CHRISTMAS, "note": "With Ann."})
    assert answer.status_code == 201
    assert answer.json() == {
        "movie": {
            "id": movie.pk, "url": f"http://testserver/api/v1/movies/{movie.pk}/", "title": "Heat", "year": 2010,
            "genres": ["Crime", "Drama"], "runtime_minutes": None,
            "certificate": None, "imdb_rating": None, "likes": 0, "poster": None,
        },
        "note": "With Ann.",
        "remind_at": "2026-12-24T19:15:00Z",
        "sent_at": None,
        "created_at": answer.json()["created_at"],
    }  # fmt: skip
    (row,) = viewer_api.get(URL).json()["results"]
    movie = answer.json()["movie"] | {"liked": False, "watched": False, "reminder": True}
    assert row == answer.json() | {"movie": movie}


def test_it_is_empty_without_reminders(viewer_api):
    assert viewer_api.get(URL).json() == {"next": None, "previous": None, "results": []}


def test_it_updates_the_existing_reminder(viewer_api):
    movie = make_movie()
    assert viewer_api.put(url(movie)).status_code == 201
    for _ in range(2):
        answer = viewer_api.put(url(movie), {"note": "Soon."})
        assert (answer.status_code, answer.json()["note"]) == (200, "Soon.")
    assert Reminder.objects.count() == 1


def test_it_shows_an_entry_to_its_owner_only(viewer_api):
    movie, theirs = make_movie(), make_movie()
    services.set_reminder(user_id=User.objects.create_user("other").pk, movie_id=theirs.pk)
    put = viewer_api.put(url(movie))
    assert viewer_api.get(url(movie)).json() == put.json()
    answer = viewer_api.get(url(theirs))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_it_removes_a_movie_and_repeating_it_changes_nothing(viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie))
    for _ in range(2):
        assert viewer_api.delete(url(movie)).status_code == 204
    assert not Reminder.objects.exists()


def test_it_orders_by_creation_or_by_due_time(viewer_api):
    movies = [make_movie() for _ in range(4)]
    for movie, day in zip(movies, (20, None, 10, None), strict=True):
        viewer_api.put(url(movie), {"remind_at": day and f"2026-12-{day}T00:00:00Z"})

    def listed(query):
        ids, address = [], f"{URL}?page_size=1&{query}"
        while address:
            page = viewer_api.get(address).json()
            ids += [row["movie"]["id"] for row in page["results"]]
            address = page["next"]
        return [[movie.pk for movie in movies].index(pk) for pk in ids]

    assert listed("") == [3, 2, 1, 0]
    assert listed("ordering=remind_at") == [2, 0, 1, 3]


@pytest.mark.parametrize("count", [0, 1, 25])
def test_it_takes_one_query_for_any_length(viewer, viewer_api, count, django_assert_num_queries):
    for _ in range(count):
        services.set_reminder(user_id=viewer.pk, movie_id=make_movie().pk)
    with django_assert_num_queries(1):
        assert len(viewer_api.get(URL).json()["results"]) == min(count, 20)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"remind_at": "2026-12-24T20:15:00"}, "remind_at"),
        ({"remind_at": "tomorrow"}, "remind_at"),
        ({"remind_at": "0001-01-01T00:00:00+14:00"}, "remind_at"),
        ({"remind_at": "0026-12-24T20:15:00Z"}, "remind_at"),
        ({"remind_at": 5}, "remind_at"),
        ({"note": "x" * 501}, "note"),
        ({"note": "nul\0byte"}, "note"),
        ({"note": {"a": 1}}, "note"),
        ([], ""),
    ],
)
def test_it_refuses_invalid_values_and_names_the_field(viewer_api, body, field):
    answer = viewer_api.put(url(make_movie()), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("value", ["2026-12-24t19:15:00z", "2026-12-24T19:15:00z", "2026-12-24t20:15:00+01:00"])
def test_it_reads_every_time_of_rfc_3339(viewer_api, value):
    answer = viewer_api.put(url(make_movie()), {"remind_at": value})
    assert (answer.status_code, answer.json()["remind_at"]) == (201, "2026-12-24T19:15:00Z")


def test_it_asks_for_a_missing_time_zone(viewer_api):
    answer = viewer_api.put(url(make_movie()), {"remind_at": "2026-12-24T20:15:00"})
    assert "time zone" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("pk", ["0", "12345678", str(10**30)])
def test_it_answers_404_for_a_movie_that_does_not_exist(viewer_api, method, pk):
    answer = getattr(viewer_api, method)(f"{URL}{pk}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Reminder.objects.exists()


def test_it_shows_only_my_own(viewer_api):
    other, movie = User.objects.create_user("other"), make_movie()
    services.set_reminder(user_id=other.pk, movie_id=movie.pk, note="Secret.")
    assert viewer_api.get(URL).json()["results"] == []
    viewer_api.delete(url(movie))
    assert viewer_api.put(url(movie), {"note": "Mine.", "user": other.pk, "sent_at": CHRISTMAS}).status_code == 400
    viewer_api.put(url(movie), {"note": "Mine."})
    assert Reminder.objects.get(user=other).note == "Secret."
    assert Reminder.objects.exclude(user=other).get().sent_at is None


def test_it_refuses_an_unknown_ordering_and_names_the_allowed(viewer_api):
    answer = viewer_api.get(f"{URL}?ordering=note")
    assert answer.status_code == 400
    assert "Allowed: -created_at, remind_at" in answer.json()["errors"][0]["detail"]


def test_it_is_in_the_details_of_the_movie(api, viewer_api):
    movie = make_movie()
    details = f"/api/v1/movies/{movie.pk}/"
    assert viewer_api.get(details).json()["reminder"] is None
    viewer_api.put(url(movie), {"remind_at": CHRISTMAS})
    assert viewer_api.get(details).json()["reminder"] == {
        "remind_at": "2026-12-24T19:15:00Z", "note": "", "sent_at": None,
    }  # fmt: skip
    assert "reminder" not in api.get(details).json()
    assert viewer_api.get(details).headers["Cache-Control"] == "private, no-cache"


def test_it_needs_a_login(api):
    movie = make_movie()
    answers = [api.get(URL), api.put(url(movie)), api.delete(url(movie))]
    assert {answer.status_code for answer in answers} == {401}
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_it_stores_the_lines_of_a_note_with_plain_newlines(viewer_api, newline):
    movie = make_movie()
    answer = viewer_api.put(url(movie), {"note": f"With Ann.{newline}Or Bob."})
    assert answer.json()["note"] == Reminder.objects.get().note == "With Ann.\nOr Bob."


def test_it_keeps_the_time_to_the_microsecond(viewer_api):
    movie = make_movie()
    viewer_api.put(url(movie), {"remind_at": "2026-12-24T19:15:00.123456Z"})
    assert Reminder.objects.get().remind_at == datetime(2026, 12, 24, 19, 15, 0, 123456, tzinfo=UTC)
