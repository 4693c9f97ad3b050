"""Agents see who else has a ticket open."""

import pytest
from django.test import Client

from netflix.accounts.models import User
from support import presence
from support.models import Ticket
from support.tests.desk import QUEUE
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
NOWHERE = "redis://127.0.0.1:1/0"  # nothing listens there


@pytest.fixture(autouse=True)
def _nobody_is_there():
    presence._redis(presence.settings.REDIS_URL).delete(presence._key())


@pytest.fixture
def agents(db):
    """Pages of two agents."""
    clients = {}
    for name in ("ann", "bob"):
        clients[name] = Client()
        clients[name].force_login(User.objects.create_superuser(name))
    return clients


@pytest.fixture
def ticket(viewer):
    return make_ticket(viewer)


def stay(page, ticket, **body):
    return page.post(f"{QUEUE}{ticket.pk}/presence/", body).json()["text"]


def mark(page, ticket):
    html = page.get(QUEUE).content.decode()
    return "looking at it" in html


def test_it_shows_each_agent_the_others(agents, ticket):
    assert stay(agents["ann"], ticket) == ""
    assert stay(agents["bob"], ticket) == "ann is looking at it"
    assert stay(agents["ann"], ticket) == "bob is looking at it"
    assert presence.stay(ticket_id=ticket.pk, agent="cay") == ["ann", "bob"]
    assert stay(agents["ann"], ticket) == "bob and cay are looking at it"


def test_it_marks_the_ticket_in_the_list_of_others(agents, viewer, ticket):
    make_ticket(viewer, "Another")
    stay(agents["ann"], ticket)
    assert mark(agents["bob"], ticket)
    assert not mark(agents["ann"], ticket)
    assert agents["bob"].get(QUEUE).content.decode().count("ann is looking at it") == 1


def test_it_forgets_agents_who_leave_or_stop_reporting(agents, ticket, monkeypatch):
    stay(agents["ann"], ticket)
    assert stay(agents["ann"], ticket, leave="1") == ""
    assert stay(agents["bob"], ticket) == ""
    now = presence.time.time()
    monkeypatch.setattr(presence.time, "time", lambda: now + 61)
    assert presence.open_tickets() == {}
    assert stay(agents["ann"], ticket) == ""


def test_it_keeps_tickets_apart(agents, viewer, ticket):
    stay(agents["ann"], ticket)
    assert stay(agents["bob"], make_ticket(viewer)) == ""
    assert presence.open_tickets()[ticket.pk] == ["ann"]


def test_it_shows_nobody_while_redis_is_away(agents, ticket, settings):
    stay(agents["ann"], ticket)
    settings.REDIS_URL = NOWHERE
    assert stay(agents["bob"], ticket) == ""
    assert stay(agents["bob"], ticket, leave="1") == ""
    assert agents["bob"].get(QUEUE).status_code == 200
    assert agents["bob"].get(f"{QUEUE}{ticket.pk}/change/").status_code == 200


def test_it_is_for_agents_and_post_requests_only(client, viewer, agents, ticket):
    client.force_login(viewer)
    assert client.post(f"{QUEUE}{ticket.pk}/presence/").status_code == 302
    viewer.is_staff = True
    viewer.save()
    assert client.post(f"{QUEUE}{ticket.pk}/presence/").status_code == 403
    assert agents["ann"].get(f"{QUEUE}{ticket.pk}/presence/").status_code == 405
    assert presence.open_tickets() == {}


def test_it_writes_nothing_to_the_database(agents, ticket, django_assert_num_queries):
    before = Ticket.objects.values().get()
    with django_assert_num_queries(2):  # the session, and whose it is
        stay(agents["ann"], ticket)
    assert Ticket.objects.values().get() == before
