"""The allowed transitions, and the constraints that keep tickets and timelines together."""

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from netflix.accounts.models import User
from support import timeline
from support.models import Author, Event, Ticket
from support.numbers import LENGTH, new_number, normalise_number
from support.states import ACTIVE_STATUSES, TRANSITIONS, Status, TransitionNotAllowed
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def test_it_allows_a_transition_from_every_status_but_none_to_itself():
    assert TRANSITIONS.keys() == set(Status)
    for status, allowed in TRANSITIONS.items():
        assert allowed
        assert status not in allowed
    assert set(Status) - set(ACTIVE_STATUSES) == {Status.RESOLVED, Status.CLOSED}


class AnySequenceOfTransitions(TestCase):
    @given(wanted=st.lists(st.sampled_from(Status), max_size=12))
    def test_it_keeps_status_and_timeline_together_for_any_transitions(self, wanted):
        user = User.objects.create_user("somebody")
        ticket = make_ticket(user)
        led = [Status.OPEN]
        for to in wanted:
            if to in TRANSITIONS[led[-1]]:
                timeline.change_status(ticket, to, by=Author.SYSTEM)
                led.append(to)
            else:
                with pytest.raises(TransitionNotAllowed):
                    timeline.change_status(ticket, to, by=Author.SYSTEM)
        connection.check_constraints()
        ticket.refresh_from_db()
        events = list(ticket.timeline.order_by("position").values_list("position", "from_status", "to_status"))
        assert events == [(n + 1, led[n - 1] if n else None, to) for n, to in enumerate(led)]
        assert (ticket.status, ticket.moves) == (led[-1], len(led))


@pytest.mark.parametrize(
    ("name", "tamper"),
    [
        ("a status without an event", lambda t: Ticket.objects.filter(pk=t.pk).update(status="resolved")),
        ("a position that is not there", lambda t: Ticket.objects.filter(pk=t.pk).update(moves=9)),
        ("an event changed", lambda t: t.timeline.filter(position=2).update(to_status="closed")),
        ("an event moved", lambda t: t.timeline.filter(position=1).update(position=3)),
        ("the first event removed", lambda t: t.timeline.filter(position=1).delete()),
        ("the last event removed", lambda t: t.timeline.filter(position=2).delete()),
        (
            "an event from where the ticket never was",
            lambda t: Event.objects.create(ticket=t, position=3, from_status="resolved", to_status="open", by="system"),
        ),
        (
            "a transition that is not in the table",
            lambda t: Event.objects.create(
                ticket=t, position=3, from_status="in_progress", to_status="open", by="system"
            ),
        ),
        (
            "a second event in one place",
            lambda t: Event.objects.create(ticket=t, position=2, from_status="open", to_status="resolved", by="system"),
        ),
        (
            "a second beginning",
            lambda t: Event.objects.create(ticket=t, position=3, to_status="open", by="system"),
        ),
        (
            "an agent who is a customer",
            lambda t: t.timeline.filter(position=2).update(by="customer", agent=t.user),
        ),
    ],
)
def test_the_database_refuses(viewer, name, tamper):
    ticket = make_ticket(viewer, status=Status.IN_PROGRESS)
    before = list(Event.objects.values()), Ticket.objects.values().get()

    def tamper_and_commit():
        with transaction.atomic():
            tamper(ticket)
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        tamper_and_commit()
    assert (list(Event.objects.values()), Ticket.objects.values().get()) == before


def test_it_is_deleted_with_its_customer(viewer):
    make_ticket(viewer, status=Status.RESOLVED)
    viewer.delete()
    connection.check_constraints()
    assert not Ticket.objects.exists()
    assert not Event.objects.exists()


@given(st.data())
def test_it_reads_a_number_however_it_is_typed(data):
    number = new_number()
    assert len(number) == LENGTH
    typed = "".join(
        data.draw(st.sampled_from(["", " ", "-"])) + data.draw(st.sampled_from([symbol, symbol.lower()]))
        for symbol in number.replace("-", "")
    )
    assert normalise_number(typed) == number
