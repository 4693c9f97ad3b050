"""The consumer opens exactly one service order for each ticket."""

from contextlib import suppress
from functools import partial

import pytest
import structlog
from django.core import mail
from django.db import connections

from netflix.accounts import services as accounts
from netflix.accounts.models import User
from netflix.api.errors import UserErased
from netflix.notices.models import Notice
from netflix.notices.tasks import send_emails
from netflix.tests.meanwhile import at_once
from support import services, technical_support
from support.models import Reply, ServiceOrder, Ticket
from support.states import Status
from support.tests.factories import make_due, make_ticket

pytestmark = pytest.mark.django_db


def fail(*arguments, **named):
    raise ValueError("the customer's own words")


def test_it_retries_with_another_number_if_one_is_taken(viewer, monkeypatch):
    technical_support.handle_ticket(make_ticket(viewer, "No sound").pk)
    taken = iter(ServiceOrder.objects.get().number.replace("-", ""))
    second = make_ticket(viewer, "No picture")
    with monkeypatch.context() as patch:
        patch.setattr("secrets.choice", lambda _: next(taken))
        technical_support.handle_ticket(second.pk)
    second.refresh_from_db()
    assert (second.done_at, second.last_error, ServiceOrder.objects.count()) == (None, "IntegrityError", 1)
    make_due()
    technical_support.handle_ticket(second.pk)
    assert ServiceOrder.objects.filter(ticket=second).exists()


def test_it_opens_an_order_and_notifies_the_customer(viewer, viewer_api):
    ticket = make_ticket(viewer, "No sound")
    technical_support.handle_ticket(ticket.pk)
    ticket.refresh_from_db()
    assert ServiceOrder.objects.get().ticket == ticket
    assert (ticket.status, ticket.attempts, ticket.next_attempt_at) == (Status.IN_PROGRESS, 1, None)
    assert ticket.done_at is not None
    (notice,) = viewer_api.get("/api/v1/notices/").json()["results"]
    assert notice["subject"] == "We are working on it: No sound"
    assert ticket.number in notice["text"]
    assert notice["link"] == f"http://localhost:8000/api/v1/tickets/{ticket.number}/"
    send_emails()
    assert [email.to for email in mail.outbox] == [[viewer.email]]


@pytest.mark.parametrize("log_messages", [False, True])
def test_it_logs_the_message_only_if_configured(viewer, settings, log_messages):
    settings.SUPPORT_LOG_MESSAGES = log_messages
    ticket = make_ticket(viewer, message="My password is hunter2.")
    with structlog.testing.capture_logs() as lines:
        technical_support.handle_ticket(ticket.pk)
        technical_support.handle_ticket(ticket.pk)
    (line,) = [line for line in lines if line["event"] == "service_order_opened"]
    assert line == {
        "event": "service_order_opened",
        "log_level": "info",
        "ticket": ticket.number,
        "user_id": viewer.pk,
        "category": "playback",
        "message_length": 23,
    } | ({"message": "My password is hunter2."} if log_messages else {})


def test_it_does_nothing_the_second_time(viewer):
    ticket = make_ticket(viewer)
    technical_support.handle_ticket(ticket.pk)
    before = Ticket.objects.values().get(), ServiceOrder.objects.values().get()
    for _ in range(3):
        technical_support.handle_ticket(ticket.pk)
    assert (Ticket.objects.values().get(), ServiceOrder.objects.values().get()) == before
    assert (Notice.objects.count(), ticket.timeline.count()) == (1, 2)


def test_it_does_nothing_for_a_deleted_ticket(viewer):
    ticket = make_ticket(viewer)
    viewer.delete()
    technical_support.handle_ticket(ticket.pk)
    technical_support.handle_ticket(2**62)
    assert not ServiceOrder.objects.exists()


@pytest.mark.parametrize("status", [Status.CLOSED, Status.WAITING_FOR_CUSTOMER, Status.RESOLVED])
def test_it_opens_an_order_without_changing_a_later_status(viewer, admin, status):
    ticket = make_ticket(viewer)
    if status == Status.CLOSED:
        services.close(user_id=viewer.pk, number=ticket.number)
    elif status == Status.RESOLVED:
        services.resolve(ticket_id=ticket.pk, agent_id=admin.pk)
    else:
        services.wait_for_customer(ticket_id=ticket.pk, agent_id=admin.pk)
    told = Notice.objects.count()
    technical_support.handle_ticket(ticket.pk)
    ticket.refresh_from_db()
    assert (ticket.status, ServiceOrder.objects.count()) == (status, 1)
    assert Notice.objects.count() == told + (status not in (Status.CLOSED, Status.RESOLVED))


def test_it_gives_up_a_failing_ticket_after_five_attempts(viewer, monkeypatch):
    poison, other = make_ticket(viewer), make_ticket(viewer)
    with monkeypatch.context() as patch, structlog.testing.capture_logs() as lines:
        patch.setattr(technical_support, "notify", fail)
        for attempt in range(1, 6):
            technical_support.handle_ticket(poison.pk)
            poison.refresh_from_db()
            assert poison.attempts == attempt
            make_due()
    assert (poison.last_error, poison.next_attempt_at) == ("ValueError", None)
    assert poison.dead_at is not None
    assert (poison.status, poison.timeline.count()) == (Status.OPEN, 1)
    assert not ServiceOrder.objects.exists()
    assert not Notice.objects.exists()
    assert "the customer's own words" not in str(lines)
    technical_support.handle_ticket(poison.pk)
    technical_support.handle_ticket(other.pk)
    assert ServiceOrder.objects.get().ticket == other
    assert services.replay(ticket_ids=[poison.pk, other.pk]) == 1
    technical_support.handle_ticket(poison.pk)
    assert ServiceOrder.objects.count() == 2


def test_it_never_shows_a_dead_letter_to_the_customer(viewer, viewer_api, monkeypatch):
    ticket = make_ticket(viewer)
    monkeypatch.setattr(technical_support, "notify", fail)
    for _ in range(5):
        technical_support.handle_ticket(ticket.pk)
        make_due()
    shown = viewer_api.get(f"/api/v1/tickets/{ticket.number}/")
    assert (shown.json()["status"], shown.json()["service_order"]) == ("open", None)
    assert "ValueError" not in shown.content.decode()


def test_it_takes_the_same_number_of_queries_each_time(viewer, django_assert_num_queries):
    for _ in range(3):
        ticket = make_ticket(viewer)
        with django_assert_num_queries(12):
            technical_support.handle_ticket(ticket.pk)


def test_it_stores_a_heartbeat_for_each_worker():
    technical_support.record_heartbeat("a")
    technical_support.record_heartbeat("b")
    technical_support.record_heartbeat("a")
    assert sorted(technical_support.Heartbeat.objects.values_list("worker", flat=True)) == ["a", "b"]


@pytest.mark.django_db(transaction=True)
def test_it_opens_one_order_from_concurrent_workers(viewer):
    tickets = [make_ticket(viewer).pk for _ in range(5)]
    at_once([partial(technical_support.handle_ticket, pk) for pk in tickets * 4], threads=8)
    assert ServiceOrder.objects.count() == Notice.objects.count() == 5
    assert not Ticket.objects.filter(done_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_it_never_deadlocks_with_replies_and_erased_customers(viewer):
    people = [User.objects.create_user(f"viewer {n}").pk for n in range(20)]
    tickets = [make_ticket(User.objects.get(pk=pk)) for pk in people]

    def unless_erased(call, *arguments, **named):
        with suppress(UserErased, Ticket.DoesNotExist):
            call(*arguments, **named)

    calls = []
    for pk, ticket in zip(people, tickets, strict=True):
        calls += [
            partial(unless_erased, technical_support.handle_ticket, ticket.pk),
            partial(unless_erased, accounts.erase, user_id=pk),
            partial(unless_erased, services.reply, user_id=pk, number=ticket.number, text="Hello?"),
            partial(unless_erased, services.answer, ticket_id=ticket.pk, agent_id=viewer.pk, text="Hello!"),
        ]
    at_once(calls, threads=8)
    assert not Ticket.objects.exists()
    assert not Reply.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_does_not_wait_long_for_a_locked_customer(viewer, admin, settings):
    settings.SUPPORT_LOCK_SECONDS = 1
    blocked, other = make_ticket(viewer), make_ticket(admin)
    holder = connections.create_connection("default")
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN; SELECT FROM accounts_user WHERE id = %s FOR UPDATE", [viewer.pk])
            technical_support.handle_ticket(blocked.pk)
            technical_support.handle_ticket(other.pk)
    finally:
        holder.close()
    assert ServiceOrder.objects.get().ticket == other
    blocked.refresh_from_db()
    assert (blocked.attempts, blocked.last_error) == (1, "OperationalError")
    technical_support.handle_ticket(blocked.pk)
    assert ServiceOrder.objects.count() == 2
