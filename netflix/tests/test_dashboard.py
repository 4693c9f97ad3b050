"""The admin's first page: who sees which figures, what they cost, and the order of the pages beside it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.utils import timezone

from movies import selectors as movies
from movies.models import ImportRun
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api import dashboard
from netflix.api.dashboard import Card
from ranking import selectors as ranking
from ranking import services as likes
from ranking.models import Like
from reminder import services as reminder
from support import selectors as support
from support import services as tickets
from support import technical_support
from support.models import Heartbeat, Ticket

pytestmark = pytest.mark.django_db
INDEX = "/admin/"


@pytest.fixture(autouse=True)
def _figures_are_read_anew():
    dashboard.cached.clear()
    yield
    dashboard.cached.clear()


@pytest.fixture
def site(client, admin):
    client.force_login(admin)
    return client


def page(site):
    answer = site.get(INDEX)
    assert answer.status_code == 200
    return answer


def shown(answer):
    return {figures.card.name: figures.data for figures in answer.context["figures"]}


def test_it_shows_the_figures_of_every_context(site, viewer):
    made = [make_movie(f"Film {n}", directors=["Ada"]) for n in range(3)]
    likes.like(user_id=viewer.pk, movie_id=made[1].pk)
    reminder.set_reminder(user_id=viewer.pk, movie_id=made[0].pk, remind_at=timezone.now() - timedelta(hours=1))
    reminder.set_reminder(user_id=viewer.pk, movie_id=made[1].pk, remind_at=timezone.now() + timedelta(hours=1))
    tickets.open_ticket(user_id=viewer.pk, category="other", subject="s", message="m", movie_id=None)
    technical_support.record_heartbeat("worker-1")
    ImportRun.objects.create(file_name="films.csv", created=1234)
    answer = page(site)
    figures = shown(answer)
    assert list(figures) == [
        "catalogue", "likes", "tickets", "trending", "top", "imports", "reminders", "workers", "disk",
    ]  # fmt: skip
    assert figures["catalogue"] == {
        "movies": 3, "people": 1, "genres": 1, "movies_estimated": False, "people_estimated": False,
    }  # fmt: skip
    assert figures["likes"]["total"] == 1
    assert [row["movie"] for row in figures["trending"]] == [made[1].pk]
    assert figures["top"][0]["movie"] == made[1].pk
    assert (figures["tickets"]["open"], figures["tickets"]["dead"]) == (1, 0)
    assert figures["reminders"] == {"now": 1, "day": 2, "week": 2}
    assert [worker.name for worker in figures["workers"]] == ["worker-1"]
    assert figures["disk"] > 0
    assert "1,234 new" in answer.content.decode()


def test_it_costs_one_query_a_card_and_none_for_half_a_minute(site, django_assert_num_queries):
    for _ in range(5):
        make_movie()
    with django_assert_num_queries(12):  # session, person, nine cards, what they did last
        page(site)
    with django_assert_num_queries(3):
        page(site)
    make_movie("Another")
    assert shown(page(site))["catalogue"]["movies"] == 5
    dashboard.cached.pop("catalogue")
    assert shown(page(site))["catalogue"]["movies"] == 6


def test_it_estimates_what_takes_long_to_count(monkeypatch):
    for _ in range(4):
        make_movie()
    monkeypatch.setattr(movies, "MAX_COUNTED", 2)
    size = movies.catalogue_size()
    assert (size["movies_estimated"], size["people_estimated"]) == (True, False)
    assert size["movies"] >= 3


def test_it_marks_the_numbers_that_are_estimates(site, monkeypatch):
    make_movie(actors=["Al Pacino", "Val Kilmer"])
    monkeypatch.setattr(movies, "MAX_COUNTED", 1)
    content = page(site).content.decode()
    assert content.count("PostgreSQL's estimate") == 1


def test_it_shows_the_other_cards_when_one_cannot_be_read(site, monkeypatch):
    def read():
        raise OperationalError("canceling statement due to statement timeout")

    card = Card(name="catalogue", title="Catalogue", permission="movies.view_movie", template="none", read=read)
    monkeypatch.setitem(dashboard.registered, "catalogue", card)
    answer = page(site)
    assert "The database did not answer in time." in answer.content.decode()
    assert shown(answer)["disk"] > 0


def test_it_counts_likes_by_day_of_the_last_thirty(viewer):
    movie = make_movie()
    today = timezone.now().astimezone(UTC).date()
    for days in (0, 0, 1, 29, 30):
        user = User.objects.create_user(f"user {User.objects.count()}")
        at = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=days)
        Like.objects.create(user=user, movie=movie, created_at=at)
    counted = ranking.likes_per_day(30)
    assert len(counted) == 30
    assert (counted[-1], counted[-2], counted[0]) == (
        (today, 2), (today - timedelta(days=1), 1), (today - timedelta(days=29), 1),
    )  # fmt: skip
    assert sum(count for _, count in counted) == 4


def test_it_draws_bars_that_fit_the_chart():
    drawn = dashboard.bars([("a", 0), ("b", 1), ("c", 1000)], width=300, height=100, gap=10)
    assert [(bar.x, bar.width) for bar in drawn] == [(0, 90), (100, 90), (200, 90)]
    assert [(bar.y, bar.height) for bar in drawn] == [(100, 0), (99, 1), (0, 100)]
    assert dashboard.bars([], width=300, height=100, gap=10) == []


def test_it_says_since_when_tickets_wait_and_which_workers_are_away(viewer):
    for _ in range(3):
        tickets.open_ticket(user_id=viewer.pk, category="other", subject="s", message="m", movie_id=None)
    dead, old, _ = Ticket.objects.order_by("pk")
    Ticket.objects.filter(pk=dead.pk).update(dead_at=Now(), next_attempt_at=None)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    Ticket.objects.filter(pk=old.pk).update(created_at=moment)
    summary = support.work_summary()
    assert (summary["open"], summary["dead"], summary["oldest"]) == (3, 1, moment)
    technical_support.record_heartbeat("here")
    Heartbeat.objects.create(worker="gone", at=Now() - timedelta(minutes=5))
    assert [(worker.name, worker.is_away) for worker in support.workers()] == [("here", False), ("gone", True)]


def test_it_orders_the_pages_by_what_they_are_for(site):
    sections = {app["name"]: [page["object_name"] for page in app["models"]] for app in page(site).context["app_list"]}
    assert list(sections) == [
        "Catalogue", "Support", "Likes and rankings", "Lists", "Accounts", "System",
    ]  # fmt: skip
    assert sections["Catalogue"][:4] == ["Movie", "Person", "Genre", "ImportRun"]
    assert {"AccessAttempt", "AuthToken", "Heartbeat", "Parameters"} <= set(sections["System"])


def test_it_lists_the_pages_of_one_app(site):
    answer = site.get("/admin/axes/")
    assert answer.status_code == 200
    assert [app["app_label"] for app in answer.context["app_list"]] == ["axes"]


def test_it_has_a_name_an_icon_and_no_script_within_the_page(site):
    html = page(site).content.decode()
    assert "Netflix backend" in html
    assert "netflix/icon.svg" in html
    assert "<script>" not in html
    assert " style=" not in html
