"""The relay publishes due tickets; those that Redis does not take stay due."""

from dataclasses import replace

import pytest
from django.core.management import call_command
from redis.exceptions import ConnectionError as RedisAway

from support import relay
from support.models import Ticket
from support.outbox import TICKET_OUTBOX
from support.tasks import relay_tickets
from support.tests.factories import make_due, make_ticket

pytestmark = pytest.mark.django_db


def test_it_publishes_due_tickets_once(viewer, published):
    tickets = [make_ticket(viewer).pk for _ in range(3)]
    relay_tickets()
    assert published == []  # the requests that opened them publish them
    make_due()
    relay_tickets()
    relay_tickets()
    assert published == tickets


def test_it_publishes_a_lost_ticket_again(viewer, published):
    ticket = make_ticket(viewer).pk
    for _ in range(7):  # a message that was lost is no attempt
        make_due()
        relay_tickets()
    assert published == [ticket] * 7
    assert Ticket.objects.get().attempts == 0


def test_it_publishes_more_than_a_batch_but_no_more_than_may_be_in_flight(viewer, published, monkeypatch):
    few = replace(TICKET_OUTBOX, batch=10, max_in_flight=25)
    monkeypatch.setattr(relay, "TICKET_OUTBOX", few)
    tickets = [make_ticket(viewer).pk for _ in range(30)]
    make_due()
    assert relay.publish_due() == len(set(published)) == 25
    assert relay.publish_due() == 0
    for pk in tickets[:2]:
        few.complete(pk)
    assert relay.publish_due() == 2


def test_it_leaves_tickets_due_that_redis_does_not_take(viewer, monkeypatch):
    tickets = [make_ticket(viewer).pk for _ in range(3)]
    make_due()
    taken = []

    def take_one(left):
        taken.append(left.pop())
        raise RedisAway

    monkeypatch.setattr(relay, "send_to_queue", take_one)
    assert relay.publish_due() == 0
    assert len(taken) == 1
    assert TICKET_OUTBOX.claim() == [pk for pk in tickets if pk not in taken]


def test_it_publishes_nothing_if_nothing_is_due(published):
    assert relay.publish_due() == 0
    assert published == []


def test_it_is_also_a_command(viewer, published, capsys):
    ticket = make_ticket(viewer).pk
    make_due()
    call_command("relay_tickets")
    assert published == [ticket]
    assert capsys.readouterr().out == "published 1\n"
