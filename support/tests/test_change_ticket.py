"""Customers reply to their tickets, close them and reopen them."""

import pytest

from netflix.accounts.models import User
from netflix.idempotency.models import StoredAnswer
from netflix.notices.models import Notice
from support import services
from support.models import Event, Reply, ServiceOrder, Ticket
from support.states import TRANSITIONS, Status
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
BODIES = {"replies": {"text": "Let me in."}, "close": None, "reopen": None}
LONG = {"replies": {"text": "x" * 10_000}, "close": None, "reopen": None}


def post(api, ticket, what, body=None, **options):
    return api.post(f"/api/v1/tickets/{ticket.number}/{what}/", body, **options)


def show(api, ticket):
    return api.get(f"/api/v1/tickets/{ticket.number}/").json()


def counted():
    return Reply.objects.count(), Event.objects.count()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.OPEN, Status.OPEN),
        (Status.IN_PROGRESS, Status.IN_PROGRESS),
        (Status.WAITING_FOR_CUSTOMER, Status.IN_PROGRESS),
        (Status.RESOLVED, Status.OPEN),
    ],
)
def test_it_stores_a_reply_and_moves_the_ticket(viewer, viewer_api, before, after):
    ticket = make_ticket(viewer, status=before)
    answer = post(viewer_api, ticket, "replies", {"text": "Still nothing."})
    assert answer.status_code == 201
    assert answer.json()["status"] == after
    assert show(viewer_api, ticket)["replies"][0]["text"] == "Still nothing."
    assert show(viewer_api, ticket)["timeline"][-1]["to_status"] == after


@pytest.fixture
def agent(db):
    return User.objects.create_user("agent", is_staff=True)


@pytest.mark.parametrize(
    ("status", "what", "subject"),
    [
        (Status.IN_PROGRESS, "replies", "The customer replied: No sound"),
        (Status.WAITING_FOR_CUSTOMER, "replies", "The customer replied: No sound"),
        (Status.RESOLVED, "replies", "The customer replied: No sound"),
        (Status.RESOLVED, "reopen", "Your ticket is open again: No sound"),
        (Status.CLOSED, "reopen", "Your ticket is open again: No sound"),
    ],
)
def test_it_notifies_the_assignee_once_without_the_text(viewer, viewer_api, agent, status, what, subject):
    ticket = make_ticket(viewer, status=status)
    Ticket.objects.update(assignee=agent)
    of_customer = Notice.objects.filter(user=viewer).count()
    for _ in range(2):
        post(viewer_api, ticket, what, BODIES[what], headers={"Idempotency-Key": "a"})
    notice = Notice.objects.get(user=agent)
    assert notice.subject == subject
    assert notice.link == f"/admin/support/ticket/{ticket.pk}/change/"
    assert ticket.number in notice.text
    assert "Let me in" not in notice.text
    assert Ticket.objects.get().get_status_display() in notice.text
    assert Notice.objects.filter(user=viewer).count() == of_customer


def test_it_notifies_the_assignee_of_every_reply_and_reopening(viewer, viewer_api, agent):
    ticket = make_ticket(viewer)
    Ticket.objects.update(assignee=agent)
    for what in ("replies", "replies", "close", "reopen", "close", "reopen"):
        post(viewer_api, ticket, what, BODIES[what])
    assert Notice.objects.filter(user=agent).count() == 4


@pytest.mark.parametrize("who", ["nobody", "the customer", "no agent any more", "switched off"])
def test_it_notifies_no_assignee_who_acted_or_is_no_agent(viewer, viewer_api, agent, who):
    ticket = make_ticket(viewer)
    Ticket.objects.update(assignee={"nobody": None, "the customer": viewer}.get(who, agent))
    User.objects.filter(pk=viewer.pk).update(is_staff=True)
    User.objects.filter(pk=agent.pk).update(is_staff=who != "no agent any more", is_active=who != "switched off")
    post(viewer_api, ticket, "replies", BODIES["replies"])
    assert Reply.objects.exists()
    assert not Notice.objects.exists()


def test_it_notifies_the_assignee_that_another_agent_has_reopened(viewer, agent, admin):
    ticket = make_ticket(viewer, status=Status.CLOSED)
    Ticket.objects.update(assignee=agent)
    services.reopen_as_agent(ticket_id=ticket.pk, agent_id=admin.pk)
    services.close(user_id=viewer.pk, number=ticket.number)
    services.reopen_as_agent(ticket_id=ticket.pk, agent_id=agent.pk)
    assert Notice.objects.get(user=agent).subject == "Your ticket is open again: No sound"
    assert not Notice.objects.filter(user=admin).exists()


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_it_stores_lines_with_plain_newlines(viewer, viewer_api, newline):
    said = newline.join(["First line.", "", "Second line."])
    body = {"subject": f"No{newline}sound", "message": said, "category": "playback"}
    number = viewer_api.post("/api/v1/tickets/", body).json()["number"]
    viewer_api.post(f"/api/v1/tickets/{number}/replies/", {"text": said})
    shown = viewer_api.get(f"/api/v1/tickets/{number}/").json()
    stored = "First line.\n\nSecond line."
    assert (shown["subject"], shown["message"], shown["replies"][0]["text"]) == ("No\nsound", stored, stored)
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.message, Reply.objects.get().text) == ("No\nsound", stored, stored)


def test_it_counts_a_line_break_as_one_character(viewer, viewer_api):
    ticket = make_ticket(viewer)
    assert post(viewer_api, ticket, "replies", {"text": "a" + "\r\n" * 9_998 + "a"}).status_code == 201
    assert post(viewer_api, ticket, "replies", {"text": "a" + "\r\n" * 9_999 + "a"}).status_code == 400
    assert len(Reply.objects.get().text) == 10_000


def test_it_refuses_a_reply_to_a_closed_ticket(viewer, viewer_api):
    ticket = make_ticket(viewer, status=Status.CLOSED)
    before = counted()
    answer = post(viewer_api, ticket, "replies", {"text": "Wait!"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_closed")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert counted() == before


@pytest.mark.parametrize("text", [None, "", "  ", "x" * 10_001, "a\0", ["a"], {"a": 1}])
def test_it_refuses_empty_and_too_long_replies(viewer, viewer_api, text):
    ticket = make_ticket(viewer)
    before = counted()
    answer = post(viewer_api, ticket, "replies", {"text": text})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "text")
    assert counted() == before


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(("what", "to"), [("close", Status.CLOSED), ("reopen", Status.OPEN)])
def test_it_moves_only_as_allowed_and_names_the_allowed_moves(viewer, viewer_api, status, what, to):
    ticket = make_ticket(viewer, status=status)
    before = counted()
    answer = post(viewer_api, ticket, what)
    if to in TRANSITIONS[status]:
        assert (answer.status_code, answer.json()["status"]) == (200, to)
        assert answer.json() == viewer_api.get("/api/v1/tickets/").json()["results"][0]
        assert show(viewer_api, ticket)["timeline"][-1]["by"] == "customer"
        return
    assert (answer.status_code, answer.json()["code"]) == (409, "move_not_allowed")
    assert answer.json()["allowed"] == list(TRANSITIONS[status])
    assert all(allowed.label in answer.json()["detail"] for allowed in TRANSITIONS[status])
    assert counted() == before
    assert Ticket.objects.get().status == status


def test_it_reopens_without_a_second_order(viewer, viewer_api):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    order = ServiceOrder.objects.get().number
    assert post(viewer_api, ticket, "reopen").status_code == 200
    assert show(viewer_api, ticket)["service_order"]["number"] == order
    assert ServiceOrder.objects.count() == 1


@pytest.mark.parametrize("what", ["replies", "close", "reopen"])
def test_it_hides_the_tickets_of_others(viewer_api, admin, what):
    ticket = make_ticket(admin, status=Status.RESOLVED)
    before = counted()
    assert post(viewer_api, ticket, what, BODIES[what]).status_code == 404
    assert counted() == before


@pytest.mark.parametrize("what", ["close", "reopen"])
def test_it_refuses_a_text_with_a_move(viewer, viewer_api, what):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    before = counted()
    answer = post(viewer_api, ticket, what, {"text": "Thank you!"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "text")
    assert counted() == before


@pytest.mark.parametrize("what", ["replies", "close", "reopen"])
def test_it_asks_for_a_login(api, viewer, what):
    assert post(api, make_ticket(viewer), what, BODIES[what]).status_code == 401


@pytest.mark.parametrize(("what", "status"), [("replies", 201), ("close", 200), ("reopen", 200)])
def test_it_handles_requests_with_one_key_once(viewer, viewer_api, what, status):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    key = {"headers": {"Idempotency-Key": "a"}}
    first = post(viewer_api, ticket, what, BODIES[what], **key)
    after = counted()
    again = post(viewer_api, ticket, what, BODIES[what], **key)
    assert (first.status_code, again.status_code) == (status, status)
    assert again.json() == first.json()
    assert counted() == after


def test_it_stores_a_short_answer_for_each_key(viewer, viewer_api):
    ticket = make_ticket(viewer)
    for _ in range(20):
        services.reply(user_id=viewer.pk, number=ticket.number, text="x" * 10_000)
    for what in ("replies", "close", "reopen"):
        post(viewer_api, ticket, what, LONG[what], headers={"Idempotency-Key": what})
    assert max(len(kept.body) for kept in StoredAnswer.objects.all()) < 1000
