"""A due reminder is delivered once, also if processes that deliver it are killed."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone

from movies.models import Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.notices import services as notices
from netflix.notices.models import Notice
from netflix.tests.meanwhile import at_once
from netflix.tests.servers import environment_of_the_doomed, kill
from reminder import services
from reminder.models import Reminder
from reminder.tasks import deliver_due_reminders

pytestmark = pytest.mark.django_db


def remind(user, movie, *, minutes_ago, **details):
    at = timezone.now() - timedelta(minutes=minutes_ago)
    services.set_reminder(user_id=user.pk, movie_id=movie.pk, remind_at=at, **details)
    return Reminder.objects.get(user=user, movie=movie)


def test_it_stores_a_notice_and_sends_an_email(viewer, viewer_api):
    movie = make_movie("Heat")
    reminder = remind(viewer, movie, minutes_ago=5, note="With Ann.")
    deliver_due_reminders()
    notices.send_emails()
    (row,) = viewer_api.get("/api/v1/notices/").json()["results"]
    assert row["subject"] == "Time to watch Heat"
    assert "With Ann." in row["text"]
    assert row["link"] == f"http://localhost:8000/api/v1/movies/{movie.pk}/"
    assert row["scheduled_at"] == reminder.remind_at.isoformat().replace("+00:00", "Z")
    assert row["sent_at"]
    assert row["emailed_at"]
    assert row["seen_at"] is None
    (email,) = mail.outbox
    assert (email.subject, email.to) == ("Time to watch Heat", [viewer.email])
    assert viewer_api.get("/api/v1/reminders/").json()["results"][0]["sent_at"]


def test_it_sends_one_email_for_many_that_are_due_together(viewer, viewer_api):
    movies = [make_movie(f"Film of {number}") for number in range(6)]
    for number, movie in enumerate(movies):
        remind(viewer, movie, minutes_ago=9 - number, note="Ann" * (number == 2))
    for _ in range(2):
        deliver_due_reminders()
    notices.send_emails()
    (row,) = viewer_api.get("/api/v1/notices/").json()["results"]
    assert row["subject"] == "Time to watch Film of 0 and 5 more"
    assert row["text"].splitlines()[2:] == [
        "- Film of 0",
        "- Film of 1",
        "- Film of 2 (Ann)",
        *(f"- Film of {number}" for number in (3, 4, 5)),
    ]
    assert row["link"] == "http://localhost:8000/api/v1/reminders/"
    (email,) = mail.outbox
    assert email.subject == row["subject"]
    assert not Reminder.objects.filter(sent_at=None).exists()
    remind(viewer, movies[0], minutes_ago=1)
    deliver_due_reminders()
    assert Notice.objects.count() == 2


def test_it_delivers_nothing_early_or_without_a_time(viewer):
    remind(viewer, make_movie(), minutes_ago=-1)
    services.set_reminder(user_id=viewer.pk, movie_id=make_movie().pk)
    deliver_due_reminders()
    assert not Notice.objects.exists()


def test_it_delivers_again_only_for_another_time(viewer):
    movie = make_movie()
    reminder = remind(viewer, movie, minutes_ago=5)
    for _ in range(3):
        deliver_due_reminders()
        services.set_reminder(user_id=viewer.pk, movie_id=movie.pk, remind_at=reminder.remind_at, note="Again.")
    assert Notice.objects.count() == 1
    remind(viewer, movie, minutes_ago=1)
    deliver_due_reminders()
    assert Notice.objects.count() == 2


def test_it_delivers_nothing_for_a_movie_that_was_watched(viewer):
    movie = make_movie()
    remind(viewer, movie, minutes_ago=5)
    services.record_viewing(user_id=viewer.pk, movie_id=movie.pk)
    deliver_due_reminders()
    assert not Notice.objects.exists()


def test_it_delivers_more_than_a_batch(viewer):
    titles = [f"Film of {number}." for number in range(130)]
    movies = Movie.objects.bulk_create(Movie(title=title, title_key=title, year=2010) for title in titles)
    due_at = timezone.now() - timedelta(minutes=5)
    new = [services.NewReminder(movie.pk, due_at) for movie in movies]
    services.set_reminders(user_id=viewer.pk, reminders=new)
    assert services.deliver_due() == 130
    texts = Notice.objects.values_list("text", flat=True)
    assert [len(text.splitlines()) - 2 for text in texts.order_by("pk")] == [100, 30]
    assert {line.removeprefix("- ") for text in texts for line in text.splitlines()} >= {*titles}


def test_it_takes_the_same_number_of_queries_for_one_and_for_many(viewer, django_assert_num_queries):
    for count in (1, 50):
        for _ in range(count):
            remind(viewer, make_movie(), minutes_ago=5)
        with django_assert_num_queries(12):  # a batch with the locks of its people, and the query that finds no more
            services.deliver_due()


@pytest.mark.django_db(transaction=True)
def test_it_delivers_once_from_concurrent_processes():
    people = User.objects.bulk_create(User(username=f"viewer {n}") for n in range(300))
    movie = make_movie()
    due_at = timezone.now() - timedelta(minutes=5)
    Reminder.objects.bulk_create(Reminder(user=person, movie=movie, remind_at=due_at) for person in people)
    assert sum(at_once([services.deliver_due] * 4)) == 300
    assert Notice.objects.count() == 300
    assert Notice.objects.values("user").distinct().count() == 300


# A process that claims rows, and waits to be killed before it notifies or sends.
_CLAIMING = """
import time, django
django.setup()
from netflix.notices import services as notices
from netflix.outbox import mail
from reminder import services as reminders

def wait(*arguments):
    print("claimed", flush=True)
    time.sleep(60)

{where} = wait
{what}()
"""


def kill_in(where, what):
    process = subprocess.Popen(
        [sys.executable, "-c", _CLAIMING.format(where=where, what=what)],
        env=environment_of_the_doomed(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "claimed\n"
    kill(process)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_delivers_after_kills_between_claim_and_notice_or_email(viewer):
    people = [viewer, *(User.objects.create_user(f"due-{n}", f"due-{n}@example.org") for n in range(19))]
    User.objects.update(verified_email=F("email"))
    movie = make_movie()
    for person in people:
        remind(person, movie, minutes_ago=5)
    for _ in range(2):
        kill_in("reminders.notify", "reminders.deliver_due")
        assert not Notice.objects.exists()
    deliver_due_reminders()
    deliver_due_reminders()
    assert Notice.objects.count() == 20
    for _ in range(2):
        kill_in("mail.get_connection", "notices.send_emails")
        Notice.objects.update(next_attempt_at=timezone.now())  # as if the lease of the killed process had expired
    notices.send_emails()
    notices.send_emails()
    assert Notice.objects.count() == len(mail.outbox) == 20
    assert not Notice.objects.filter(done_at=None).exists()
