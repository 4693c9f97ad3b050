"""Target times of tickets, and how agents see them."""

import json
import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection
from django.db.models import F
from django.urls import reverse

from netflix.api import dashboard
from netflix.tests.forms import filled_in
from support import selectors, services
from support.models import Category, Event, TargetTime, Ticket
from support.states import ACTIVE_STATUSES, Status
from support.tests.desk import QUEUE
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
migration = import_module("support.migrations.0005_first_target_times")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _target_times():
    TargetTime.objects.all().delete()
    TargetTime.objects.create(category="playback", first_answer_hours=4, solution_hours=40)


@pytest.fixture
def desk(client, admin):
    client.force_login(admin)
    return client


def age(ticket, hours):
    """Move all times of the ticket back by this many hours."""
    moments = ("created_at", "first_answer_near", "first_answer_due", "solution_near", "solution_due")
    Ticket.objects.filter(pk=ticket.pk).update(**{name: F(name) - hours * HOUR for name in moments})
    Event.objects.filter(ticket=ticket).update(at=F("at") - hours * HOUR)
    ticket.refresh_from_db()
    return ticket


def since_opening(ticket):
    """The targets of the ticket, in hours since it was opened."""
    ticket.refresh_from_db()
    moments = (ticket.first_answer_near, ticket.first_answer_due, ticket.solution_near, ticket.solution_due)
    return tuple(moment and round((moment - ticket.created_at) / HOUR, 2) for moment in moments)


def listed(desk, query=""):
    html = desk.get(f"{QUEUE}?{query}").content.decode()
    return re.findall(r'class="field-about">(\w+ ticket)\b', html)


def test_it_gives_a_new_ticket_the_targets_of_its_category(viewer):
    ticket = make_ticket(viewer)
    assert since_opening(ticket) == (3, 4, 30, 40)
    assert ticket.urgent_from == ticket.first_answer_near
    without = make_ticket(viewer, category="billing")
    without.refresh_from_db()
    assert since_opening(without) == (None,) * 4
    assert without.urgent_from is None


@pytest.mark.parametrize(
    "work",
    [
        lambda who: services.answer(**who, text="Try again."),
        lambda who: services.answer_and_resolve(**who, text="It works."),
        lambda who: services.wait_for_customer(**who),
        lambda who: services.resolve(**who),
    ],
)
def test_it_clears_the_first_answer_when_something_reaches_the_customer(viewer, admin, work):
    ticket = make_ticket(viewer)
    who = {"ticket_id": ticket.pk, "agent_id": admin.pk}
    services.assign(**who)
    services.add_note(**who, text="A note.")
    services.reply(user_id=viewer.pk, number=ticket.number, text="Hello?")
    assert since_opening(ticket)[1] == 4
    work(who)
    assert since_opening(ticket)[:2] == (None, None)


def test_it_postpones_the_solution_by_the_time_that_the_customer_took(viewer, admin):
    ticket = make_ticket(viewer)
    services.wait_for_customer(ticket_id=ticket.pk, agent_id=admin.pk)
    age(ticket, 100)
    assert ticket.urgent_from is None
    assert selectors.work_summary()["past"] == 0
    services.reply(user_id=viewer.pk, number=ticket.number, text="All films.")
    assert since_opening(ticket) == (None, None, 130, 140)
    assert ticket.urgent_from == ticket.solution_near
    services.reply(user_id=viewer.pk, number=ticket.number, text="And series.")
    assert since_opening(ticket)[3] == 140


@pytest.mark.parametrize("by", ["customer", "agent", "reply"])
def test_it_restarts_the_solution_when_a_ticket_is_reopened(viewer, admin, by):
    ticket = make_ticket(viewer)
    services.resolve(ticket_id=ticket.pk, agent_id=admin.pk)
    assert age(ticket, 100).urgent_from is None
    if by == "customer":
        services.reopen(user_id=viewer.pk, number=ticket.number)
    elif by == "agent":
        services.reopen_as_agent(ticket_id=ticket.pk, agent_id=admin.pk)
    else:
        services.reply(user_id=viewer.pk, number=ticket.number, text="No, it does not.")
    assert since_opening(ticket) == (None, None, 130, 140)


def test_it_restarts_both_targets_if_nobody_had_answered_yet(viewer):
    ticket = make_ticket(viewer)
    services.close(user_id=viewer.pk, number=ticket.number)
    age(ticket, 100)
    services.reopen(user_id=viewer.pk, number=ticket.number)
    assert since_opening(ticket) == (103, 104, 130, 140)


def test_it_does_not_change_open_tickets_when_the_times_change(viewer):
    ticket = make_ticket(viewer)
    TargetTime.objects.update(first_answer_hours=1)
    assert since_opening(ticket)[1] == 4
    assert since_opening(make_ticket(viewer))[1] == 1


def test_it_shows_what_is_near_or_past_first_with_words_and_marks(viewer, desk, admin):
    TargetTime.objects.create(category="catalogue", first_answer_hours=100, solution_hours=200)
    make_ticket(viewer, "new ticket")
    age(make_ticket(viewer, "past ticket"), 6)
    waiting = make_ticket(viewer, "waiting ticket")
    services.wait_for_customer(ticket_id=waiting.pk, agent_id=admin.pk)
    age(make_ticket(viewer, "near ticket", category="catalogue"), 77)  # due after the new one, and yet before it
    make_ticket(viewer, "any ticket", category="other")
    assert listed(desk) == ["past ticket", "near ticket", "new ticket", "waiting ticket", "any ticket"]
    text = " ".join(re.sub("<[^>]+>", " ", desk.get(QUEUE).content.decode()).split())
    assert "▲ first answer late: 2 h" in text
    assert "△ first answer near: 22 h" in text
    assert "solution: paused" in text
    assert listed(desk, "target=past") == ["past ticket"]
    assert listed(desk, "target=near") == ["past ticket", "near ticket"]


def test_it_counts_what_is_past_above_the_list_and_on_the_first_page(viewer, desk):
    age(make_ticket(viewer), 6)
    age(make_ticket(viewer), 50)
    make_ticket(viewer)
    assert "Past their target: <strong>2</strong>" in desk.get(QUEUE).content.decode()
    dashboard.cached.clear()
    assert "past target" in desk.get("/admin/").content.decode()
    assert selectors.work_summary()["past"] == 2
    dashboard.cached.clear()


def test_it_shows_due_times_on_the_page_of_a_ticket(viewer, desk):
    ticket = age(make_ticket(viewer), 3.5)
    html = desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    assert "first answer near: " in html
    assert f"{ticket.first_answer_due:%Y-%m-%d %H:%M}" in html
    assert f"{ticket.solution_due:%Y-%m-%d %H:%M}" in html


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "first answer in 3 h"),
        (3.5, "first answer near: 29 min"),
        (4.1, "first answer late: 6 min"),
        (80, "first answer late: 3 days"),
    ],
)
def test_it_shows_durations_in_few_words(viewer, desk, hours, words):
    age(make_ticket(viewer), hours)
    assert words in re.sub(r"<[^>]+>", "", desk.get(QUEUE).content.decode())


@pytest.mark.parametrize("statuses", [ACTIVE_STATUSES, [Status.CLOSED], Status.values])
def test_it_lists_in_the_order_of_an_index(viewer, statuses):
    make_ticket(viewer)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
    queue = Ticket.objects.filter(status__in=statuses).order_by("urgent_from", "id")[:100]
    node = json.loads(queue.explain(format="json"))[0]["Plan"]["Plans"][0]
    assert (node["Node Type"], node["Index Name"]) == ("Index Scan", "ticket_urgent_first")


def test_it_lets_operators_edit_the_times(desk):
    (time,) = TargetTime.objects.all()
    address = reverse("admin:support_targettime_change", args=[time.pk])
    refused = desk.post(address, filled_in(desk, address, first_answer_hours=9, solution_hours=8))
    assert "The solution cannot be due before the first answer." in refused.content.decode()
    assert desk.post(address, filled_in(desk, address, first_answer_hours=0)).status_code == 200
    time.refresh_from_db()
    assert (time.first_answer_hours, time.solution_hours) == (4, 40)
    assert desk.post(address, filled_in(desk, address, first_answer_hours=2)).status_code == 302
    time.refresh_from_db()
    assert time.first_answer_hours == 2


def test_it_keeps_half_a_target_out_of_the_database(viewer):
    ticket = make_ticket(viewer)
    with pytest.raises(IntegrityError, match="ticket_solution_near"):
        Ticket.objects.filter(pk=ticket.pk).update(solution_due=None)


def test_it_is_not_urgent_once_it_is_done(viewer):
    for status in (Status.RESOLVED, Status.CLOSED):
        ticket = age(make_ticket(viewer, status=status), 100)
        assert ticket.urgent_from is None
    assert selectors.work_summary()["past"] == 0


def test_it_comes_with_times_for_each_category_and_for_tickets_at_work(viewer, admin):
    TargetTime.objects.all().delete()
    new, answered, done = make_ticket(viewer), make_ticket(viewer), make_ticket(viewer, status=Status.CLOSED)
    services.answer(ticket_id=answered.pk, agent_id=admin.pk, text="Try again.")
    migration.make_target_times(apps, None)
    assert {time.category for time in TargetTime.objects.all()} == set(Category)
    with connection.cursor() as cursor:
        cursor.execute(migration.TARGETS_OF_TICKETS)
    assert since_opening(new) == (3, 4, 36, 48)
    assert since_opening(answered) == (None, None, 36, 48)
    assert since_opening(done) == (None,) * 4
