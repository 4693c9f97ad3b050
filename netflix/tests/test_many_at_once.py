"""PUT likes/, PUT reminders/ and PUT watched/: many films at once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from movies import services as movies
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.meanwhile import at_once, deadlocks
from ranking import services as ranking
from ranking.models import Like, Standing
from reminder import services as reminder
from reminder.models import Reminder, Viewing, Watched

pytestmark = pytest.mark.django_db

LISTS = ("likes", "reminders", "watched")
MODELS = {"likes": Like, "reminders": Reminder, "watched": Watched}
SOON = "2100-12-24T20:15:00Z"


def counting(name):
    def compare(time, other):
        Compared.times += 1
        return getattr(datetime, name)(time, other)

    return compare


class Compared(datetime):
    """A time that counts how often such times, and those made of them, are compared."""

    times = 0
    __hash__ = datetime.__hash__
    __eq__, __lt__, __le__, __gt__, __ge__ = map(counting, ("__eq__", "__lt__", "__le__", "__gt__", "__ge__"))


def put(client, name, entries):
    return client.put(f"/api/v1/{name}/", {"entries": entries}, format="json")


def results(client, name, *entries):
    answer = put(client, name, entries)
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


@pytest.mark.parametrize("name", LISTS)
def test_it_says_what_became_of_each_entry_in_their_order(viewer_api, name):
    kept, merged, other, last = (make_movie().pk for _ in range(4))
    movies.merge_movies(kept_id=kept, merged_id=merged)
    entries = [{"movie": pk} for pk in (last, 10**9, merged, other, kept, 2**63, -1, last)]
    assert results(viewer_api, name, *entries) == [
        {"movie": last, "outcome": "created"},
        {"movie": 10**9, "error": "not_found"},
        {"movie": merged, "merged_into": kept, "outcome": "created"},
        {"movie": other, "outcome": "created"},
        {"movie": kept, "outcome": "unchanged"},
        {"movie": 2**63, "error": "not_found"},
        {"movie": -1, "error": "not_found"},
        {"movie": last, "outcome": "unchanged"},
    ]
    assert set(MODELS[name].objects.values_list("movie", flat=True)) == {last, kept, other}
    assert {row["outcome"] for row in results(viewer_api, name, *[{"movie": pk} for pk in (kept, last)])} == {
        "unchanged"
    }
    assert len(viewer_api.get(f"/api/v1/{name}/").json()["results"]) == 3
    assert ranking.rebuild().drift == 0


@pytest.mark.parametrize("name", LISTS)
def test_it_takes_no_entries(viewer_api, name):
    assert results(viewer_api, name) == []


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("entries", "field"),
    [
        (None, "entries"),
        ({}, "entries"),
        ([1], "entries.0"),
        ([{"movie": 1}, {"film": 2}], "entries.1.film"),
        ([{"movie": "x"}], "entries.0.movie"),
        ([{"movie": None}], "entries.0.movie"),
        ([{"movie": 1}] * 1001, "entries"),
    ],
)
def test_it_writes_nothing_if_one_entry_makes_no_sense(viewer_api, name, entries, field):
    movie = make_movie().pk
    if isinstance(entries, list) and len(entries) < 10:
        entries = [*entries, {"movie": movie}]
    answer = put(viewer_api, name, entries)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not MODELS[name].objects.exists()


def test_it_says_how_many_it_takes(viewer_api):
    (error,) = put(viewer_api, "likes", [{"movie": 1}] * 1001).json()["errors"]
    assert error["detail"] == "There are more than 1000 entries. Send them in several requests."


@pytest.mark.parametrize("name", LISTS)
def test_it_is_for_people_with_a_login(api, name):
    assert put(api, name, [{"movie": make_movie().pk}]).status_code == 401
    assert not MODELS[name].objects.exists()


def test_it_counts_and_ranks_likes_as_if_they_had_come_one_by_one(viewer, viewer_api):
    liked = [make_movie(genres=("Drama", "Crime")).pk for _ in range(5)]
    other = User.objects.create_user("other")
    for pk in liked[:2]:
        ranking.like(user_id=other.pk, movie_id=pk)
    ranking.like(user_id=viewer.pk, movie_id=liked[0])
    rows = results(viewer_api, "likes", *[{"movie": pk} for pk in liked[:4]])
    assert [row["outcome"] for row in rows] == ["unchanged", "created", "created", "created"]
    counts = [viewer_api.get(f"/api/v1/movies/{pk}/").json()["likes"] for pk in liked]
    assert counts == [2, 2, 1, 1, 0]
    assert ranking.rebuild().drift == 0


def test_it_likes_movies_that_were_never_ranked(viewer_api):
    ranked, unranked = make_movie().pk, make_movie().pk
    Standing.objects.filter(movie=unranked).delete()
    rows = results(viewer_api, "likes", {"movie": ranked}, {"movie": unranked})
    assert [row["outcome"] for row in rows] == ["created", "created"]
    assert set(Standing.objects.filter(genre=None).values_list("movie", "likes")) == {(ranked, 1), (unranked, 1)}
    assert ranking.rebuild().drift == 0


def test_it_sets_reminders_one_after_the_other(viewer, viewer_api):
    one, two = make_movie().pk, make_movie().pk
    Reminder.objects.create(user=viewer, movie_id=two, remind_at=SOON, note="old", sent_at=timezone.now())
    rows = results(
        viewer_api,
        "reminders",
        {"movie": one, "note": "first"},
        {"movie": one, "remind_at": "2100-12-24T21:15:00+01:00", "note": "second"},
        {"movie": two, "remind_at": SOON, "note": "new"},
        {"movie": two, "remind_at": SOON, "note": "new"},
    )
    assert [row["outcome"] for row in rows] == ["created", "updated", "updated", "unchanged"]
    soon = datetime(2100, 12, 24, 20, 15, tzinfo=UTC)
    stored = {row.movie_id: row for row in Reminder.objects.all()}
    assert {pk: (row.remind_at, row.note) for pk, row in stored.items()} == {one: (soon, "second"), two: (soon, "new")}
    assert (stored[one].sent_at, stored[two].sent_at is None) == (None, False)  # its time is the same
    results(viewer_api, "reminders", {"movie": two, "note": "new"})
    assert Reminder.objects.get(movie=two).sent_at is None


def test_it_records_viewings_one_after_the_other(viewer, viewer_api):
    one, two = make_movie().pk, make_movie().pk
    for pk in (one, two):
        reminder.set_reminder(user_id=viewer.pk, movie_id=pk)
    past = "2020-01-02T03:04:05Z"
    rows = results(
        viewer_api,
        "watched",
        {"movie": one, "watched_at": past},
        {"movie": one, "watched_at": past},
        {"movie": one, "watched_at": "2019-01-02T03:04:05Z"},
        {"movie": two},
        {"movie": two},
        {"movie": two, "watched_at": past},
    )
    assert [row["outcome"] for row in rows] == ["created", "unchanged", "updated", "created", "unchanged", "updated"]
    last = dict(Watched.objects.values_list("movie", "last_watched_at"))
    assert sorted(Viewing.objects.values_list("watched__movie", "watched_at__year")) == [
        (one, 2019), (one, 2020), (two, 2020), (two, last[two].year),
    ]  # fmt: skip
    assert last[one] == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert timezone.now() - last[two] < timedelta(minutes=5)
    assert set(Reminder.objects.values_list("movie", flat=True)) == {one}  # it is newer than these viewings


def test_it_finds_a_viewing_among_very_many_at_once(viewer, viewer_api):
    movie, first = make_movie(), datetime(2000, 1, 1, tzinfo=UTC)
    reminder.record_viewing(user_id=viewer.pk, movie_id=movie.pk, watched_at=first)
    watched = Watched.objects.get()
    days = [first + timedelta(days=n / 4) for n in range(1, 20_000)]
    Viewing.objects.bulk_create(Viewing(watched=watched, watched_at=day) for day in days)
    viewings = [reminder.NewViewing(movie.pk, Compared.fromisoformat(str(day))) for day in (*days[::40], days[-1])]
    changes = reminder.record_viewings(user_id=viewer.pk, viewings=viewings * 2)
    assert {change.value for change in changes} == {"unchanged"}
    assert 0 < Compared.times < 100 * len(viewings)  # and not with each of the 20,000


@pytest.mark.parametrize("name", LISTS)
def test_it_asks_no_more_for_many(viewer_api, name, django_assert_max_num_queries):
    many = [make_movie().pk for _ in range(30)]
    with django_assert_max_num_queries(10):
        results(viewer_api, name, *[{"movie": pk} for pk in many])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", LISTS)
def test_it_lets_two_write_the_same_movies_in_opposite_orders(name):
    """Two requests of one person, two of another, and one like after the other: nobody waits in a circle."""
    many = [make_movie().pk for _ in range(200)]
    people, before = [User.objects.create_user(f"person {n}") for n in range(2)], deadlocks()

    def write(person, order):
        client = APIClient(raise_request_exception=False)
        client.force_authenticate(person)
        if order is None:
            return [client.put(f"/api/v1/movies/{pk}/like/").status_code for pk in reversed(many)]
        return [put(client, name, [{"movie": pk} for pk in many[::order]]).status_code for _ in range(3)]

    statuses = at_once([partial(write, person, order) for person in people for order in (1, -1, None)])
    assert {status for each in statuses for status in each} == {200}
    assert deadlocks() == before
    assert MODELS[name].objects.count() == 2 * len(many)
    assert Like.objects.count() == 2 * len(many)
    assert ranking.rebuild().drift == 0
