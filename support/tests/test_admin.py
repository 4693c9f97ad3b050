"""The agents' pages: the queue, and a ticket with its actions."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from movies.tests.factories import make_movie
from netflix.notices.models import Notice
from support import selectors, services
from support.models import Event, Reply, ServiceOrder, Ticket
from support.outbox import TICKET_OUTBOX
from support.states import Status
from support.tests.desk import QUEUE, act, work
from support.tests.factories import bury, make_ticket

pytestmark = pytest.mark.django_db


def choices(desk, ticket):
    html = desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    return {
        name
        for name in ("assign", "answer", "answer_and_resolve", "note", "wait", "resolve", "reopen", "replay")
        if f'value="{name}"' in html
    }


def test_it_gives_agents_only_the_permissions_they_need(agent, desk):
    assert {permission.codename for permission in agent.groups.get().permissions.all()} == {
        "view_ticket", "change_ticket", "view_serviceorder", "view_macro", "add_macro", "change_macro", "delete_macro", "view_targettime", "view_movie", "view_user",
    }  # fmt: skip
    assert desk.get(QUEUE).status_code == 200
    for closed in ("movies/importrun", "notices/notice", "support/heartbeat"):
        assert desk.get(f"/admin/{closed}/").status_code == 403
    ticket = make_ticket(agent)
    assert desk.get(f"{QUEUE}add/").status_code == 403
    assert desk.post(f"{QUEUE}{ticket.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Ticket.objects.exists()


@pytest.mark.parametrize("groups", [False, True])
def test_it_is_closed_to_viewers_and_to_staff_who_are_no_agents(client, viewer, groups):
    ticket = make_ticket(viewer)
    viewer.is_staff = groups
    viewer.save()
    client.force_login(viewer)
    assert client.get(QUEUE).status_code in (302, 403)
    form = {"work": "resolve", "seen": selectors.version(ticket)}
    assert client.post(f"{QUEUE}{ticket.pk}/change/", form).status_code in (302, 403)
    assert Ticket.objects.get().status == Status.OPEN


@pytest.mark.parametrize("count", [2, 20])
def test_it_lists_in_the_same_number_of_queries(viewer, agent, desk, count, django_assert_num_queries):
    for n in range(count):
        ticket = make_ticket(viewer, movie_id=make_movie(f"Movie {n}").pk)
        services.assign(ticket_id=ticket.pk, agent_id=agent.pk)
    with django_assert_num_queries(7):
        assert desk.get(QUEUE).content.decode().count('class="field-number"') == count


@pytest.mark.parametrize("count", [1, 20])
def test_it_shows_a_ticket_in_the_same_number_of_queries(viewer, agent, desk, count):
    ticket = make_ticket(viewer)
    services.assign(ticket_id=ticket.pk, agent_id=agent.pk)
    services.answer(ticket_id=ticket.pk, agent_id=agent.pk, text="The first.")
    desk.get(f"{QUEUE}{ticket.pk}/change/")  # what is looked up once is looked up now
    with CaptureQueriesContext(connection) as empty:
        desk.get(f"{QUEUE}{ticket.pk}/change/")
    for n in range(count):
        services.answer(ticket_id=ticket.pk, agent_id=agent.pk, text=f"Reply {n}")
        services.wait_for_customer(ticket_id=ticket.pk, agent_id=agent.pk)
        services.reply(user_id=viewer.pk, number=ticket.number, text=f"And {n}")
    with CaptureQueriesContext(connection) as full:
        assert f"And {count - 1}" in desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    assert len(full) == len(empty)


def test_it_counts_the_queue(viewer, admin, desk):
    make_ticket(viewer)
    mine = make_ticket(viewer, status=Status.IN_PROGRESS)
    services.assign(ticket_id=mine.pk, agent_id=admin.pk)
    make_ticket(viewer, status=Status.CLOSED)
    bury(make_ticket(viewer))
    html = " ".join(desk.get(QUEUE).content.decode().split())
    for label, count in (
        ("Open", 2),
        ("In progress", 1),
        ("Waiting for customer", 0),
        ("Unassigned", 2),
        ("Dead letters", 1),
    ):
        assert f"{label}: <strong>{count}</strong>" in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"new", "old", "dead", "mine"}),
        ("status=open", {"new", "old", "dead"}),
        ("status=closed", {"closed"}),
        ("status=all", {"new", "old", "dead", "mine", "closed"}),
        ("q=closed", {"closed"}),
        ("category__exact=billing", {"old"}),
        ("age=day", {"old"}),
        ("age=nonsense&status=all", {"new", "old", "dead", "mine", "closed"}),
        ("assignee=me", {"mine"}),
        ("assignee=somebody", {"new", "old", "dead", "mine"}),
        ("assignee=nobody", {"new", "old", "dead"}),
        ("way=dead", {"dead"}),
        ("way=pending", {"new", "old", "mine"}),
    ],
)
def test_it_filters(viewer, agent, desk, query, expected):
    tickets = {
        "new": make_ticket(viewer, "new"),
        "old": make_ticket(viewer, "old", category="billing"),
        "dead": make_ticket(viewer, "dead"),
        "mine": make_ticket(viewer, "mine"),
        "closed": make_ticket(viewer, "closed", status=Status.CLOSED),
    }
    Ticket.objects.filter(subject="old").update(created_at="2026-01-01T00:00Z")
    bury(tickets["dead"])
    services.assign(ticket_id=tickets["mine"].pk, agent_id=agent.pk)
    html = desk.get(f"{QUEUE}?{query}").content.decode()
    assert {name for name, ticket in tickets.items() if ticket.number in html} == expected


def test_it_offers_the_actions_that_the_status_allows(viewer, desk):
    ticket = make_ticket(viewer)
    always, at_work = {"assign", "note"}, {"answer", "answer_and_resolve", "resolve"}
    assert choices(desk, ticket) == always | at_work | {"wait"}
    bury(ticket)
    assert choices(desk, ticket) == always | at_work | {"wait", "replay"}
    assert choices(desk, make_ticket(viewer, status=Status.WAITING_FOR_CUSTOMER)) == always | at_work
    assert choices(desk, make_ticket(viewer, status=Status.RESOLVED)) == always | {"answer", "reopen"}
    assert choices(desk, make_ticket(viewer, status=Status.CLOSED)) == always | {"reopen"}


def test_it_replies_and_tells_the_customer(viewer, agent, desk):
    ticket = make_ticket(viewer)
    work(desk, ticket, "answer", "Which film?")
    reply = Reply.objects.get()
    assert (reply.text, reply.agent, reply.private) == ("Which film?", agent, False)
    notice = Notice.objects.get()
    assert (notice.user, notice.text) == (viewer, "Which film?")
    assert "Reply" in LogEntry.objects.get().get_change_message()


def test_it_replies_and_resolves_in_one_step_with_one_notice(viewer, agent, desk):
    ticket = make_ticket(viewer, status=Status.IN_PROGRESS)
    told = Notice.objects.count()
    work(desk, ticket, "answer_and_resolve", "It works now.")
    ticket.refresh_from_db()
    event = ticket.timeline.get(position=ticket.moves)
    assert (ticket.status, event.agent, Reply.objects.get().text) == (Status.RESOLVED, agent, "It works now.")
    assert Notice.objects.count() == told + 1
    notice = Notice.objects.latest("pk")
    assert notice.subject == f"Solved: {ticket.subject}"
    assert notice.text.startswith("It works now.\n\nTechnical support has solved your ticket")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(Status.RESOLVED, "cannot become resolved"), (Status.CLOSED, "A closed ticket takes no replies")],
)
def test_it_keeps_no_reply_when_it_cannot_resolve(viewer, desk, status, reason):
    ticket = make_ticket(viewer, status=status)
    told = Notice.objects.count()
    html = work(desk, ticket, "answer_and_resolve", "It works now.").content.decode()
    assert reason in html
    assert "It works now.</textarea>" in html
    assert (Reply.objects.count(), Notice.objects.count()) == (0, told)


@pytest.mark.parametrize(
    ("what", "then"),
    [("note", "page"), ("assign", "page"), ("answer", "page"), ("answer_and_resolve", "queue"), ("wait", "queue")],
)
def test_it_goes_to_the_queue_when_nothing_is_left_to_do(viewer, desk, what, then):
    ticket = make_ticket(viewer)
    answer = work(desk, ticket, what, "It works now." if what in ("note", "answer", "answer_and_resolve") else "")
    assert answer.redirect_chain == [(f"{QUEUE}{ticket.pk}/change/" if then == "page" else QUEUE, 302)]


def test_it_shows_the_subject_as_title_and_the_conversation_before_the_box(viewer, agent, desk):
    ticket = make_ticket(viewer, "No sound at all")
    services.answer(ticket_id=ticket.pk, agent_id=agent.pk, text="Which film?")
    html = desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    assert "<h1>No sound at all</h1>" in html
    places = [html.index(text) for text in ("Nothing to hear.", "Which film?", "<textarea", "Delivery to technical")]
    assert places == sorted(places)


def test_it_keeps_a_private_note_among_agents(viewer, viewer_api, agent, desk):
    ticket = make_ticket(viewer)
    work(desk, ticket, "note", "Only for us.")
    assert Reply.objects.get().private
    assert not Notice.objects.exists()
    assert viewer_api.get(f"/api/v1/tickets/{ticket.number}/").json()["replies"] == []
    assert "Only for us." in desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("what", "status", "told"),
    [
        ("wait", Status.WAITING_FOR_CUSTOMER, True),
        ("resolve", Status.RESOLVED, True),
        ("assign", Status.IN_PROGRESS, False),
    ],
)
def test_it_moves_a_ticket_and_names_the_agent_in_its_timeline(viewer, agent, desk, what, status, told):
    ticket = make_ticket(viewer)
    work(desk, ticket, what)
    ticket.refresh_from_db()
    assert ticket.status == status
    event = ticket.timeline.get(position=2)
    assert (event.by, event.agent, event.from_status, event.to_status) == ("technical_support", agent, "open", status)
    assert Notice.objects.exists() == told
    assert ticket.assignee == (agent if what == "assign" else None)


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_it_reopens_a_ticket_and_tells_the_customer(viewer, agent, desk, status):
    ticket = make_ticket(viewer, status=status)
    told = Notice.objects.count()
    work(desk, ticket, "reopen")
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN
    event = ticket.timeline.get(position=ticket.moves)
    assert (event.by, event.agent, event.from_status, event.to_status) == ("technical_support", agent, status, "open")
    assert Notice.objects.count() == told + 1
    notice = Notice.objects.latest("pk")
    assert (notice.user, notice.subject) == (viewer, f"We are working on it again: {ticket.subject}")
    assert notice.link == f"/api/v1/tickets/{ticket.number}/"
    assert ServiceOrder.objects.count() == 1
    before = Event.objects.count()
    assert "The ticket is open and cannot become open" in work(desk, ticket, "reopen").content.decode()
    assert (Event.objects.count(), Notice.objects.count()) == (before, told + 1)


@pytest.mark.parametrize("what", ["answer", "note"])
def test_it_stores_the_lines_of_a_browser_with_plain_newlines(viewer, viewer_api, desk, what):
    ticket = make_ticket(viewer)
    lines = ["Which film?"] * 800
    stored = "\n".join(lines)
    assert len(stored) < 10_000 < len("\r\n".join(lines))  # what a browser counts, and what it sends
    assert work(desk, ticket, what, "\r\n".join(lines)).redirect_chain
    assert Reply.objects.get().text == stored
    replies = viewer_api.get(f"/api/v1/tickets/{ticket.number}/").json()["replies"]
    assert [reply["text"] for reply in replies] == ([stored] if what == "answer" else [])
    assert [notice.text for notice in Notice.objects.all()] == [reply["text"] for reply in replies]


@pytest.mark.parametrize("what", ["answer", "note"])
@pytest.mark.parametrize("text", ["", "   ", "a\0b", "x" * 10_001])
def test_it_refuses_invalid_texts(viewer, desk, what, text):
    ticket = make_ticket(viewer)
    answer = work(desk, ticket, what, text)
    assert 'class="errorlist"' in answer.content.decode()
    assert not Reply.objects.exists()


def test_it_refuses_what_the_state_does_not_allow(viewer, desk):
    ticket = make_ticket(viewer, status=Status.CLOSED)
    before = Event.objects.count()
    assert (
        "The ticket is closed and cannot become resolved, only open." in work(desk, ticket, "resolve").content.decode()
    )
    assert "is not one of the available choices" in work(desk, ticket, "nonsense").content.decode()
    assert "A closed ticket takes no replies" in work(desk, ticket, "answer", "Hello?").content.decode()
    assert "The ticket is not a dead letter" in work(desk, ticket, "replay").content.decode()
    assert Event.objects.count() == before
    assert not Reply.objects.exists()
    assert not LogEntry.objects.exists()


def test_it_replays_dead_letters(viewer, desk):
    dead, well = make_ticket(viewer), make_ticket(viewer)
    bury(dead)
    assert "1 dead letters were queued again." in act(desk, "replay", [dead, well])
    assert TICKET_OUTBOX.claim() == [dead.pk]
    bury(dead)
    work(desk, dead, "replay")
    assert TICKET_OUTBOX.claim() == [dead.pk]


def test_it_changes_several_tickets_and_names_those_it_could_not(viewer, agent, desk):
    tickets = [make_ticket(viewer), make_ticket(viewer, status=Status.CLOSED)]
    html = act(desk, "resolve", tickets)
    assert f"{tickets[1].number}: The ticket is closed and cannot become resolved, only open." in html
    assert "1 tickets: done." in html
    act(desk, "assign_to_me", tickets)
    assert set(Ticket.objects.values_list("assignee", "status")) == {(agent.pk, "resolved"), (agent.pk, "closed")}


def test_it_refuses_actions_without_the_permission(viewer, agent, desk):
    agent.groups.get().permissions.remove(*agent.groups.get().permissions.filter(codename="change_ticket"))
    ticket = make_ticket(viewer)
    act(desk, "resolve", [ticket])
    form = {"work": "resolve", "seen": selectors.version(ticket)}
    assert desk.post(f"{QUEUE}{ticket.pk}/change/", form).status_code == 403
    assert Ticket.objects.get().status == Status.OPEN


def test_it_shows_the_service_order_and_a_ticket_without_one(viewer, desk):
    assert desk.get(f"{QUEUE}{make_ticket(viewer).pk}/change/").status_code == 200
    ticket = make_ticket(viewer, status=Status.IN_PROGRESS)
    assert ServiceOrder.objects.get().number in desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    assert desk.get(reverse("admin:support_serviceorder_changelist")).status_code == 200


def test_it_deletes_a_service_order_with_its_ticket_only(client, viewer, admin):
    ticket = make_ticket(viewer)
    order = ServiceOrder.objects.create(ticket=ticket)
    client.force_login(admin)
    alone = reverse("admin:support_serviceorder_delete", args=[order.pk])
    assert client.post(alone, {"post": "yes"}).status_code == 403
    assert ServiceOrder.objects.exists()
    together = reverse("admin:support_ticket_delete", args=[ticket.pk])
    assert client.post(together, {"post": "yes"}).status_code == 302
    assert not ServiceOrder.objects.exists()


def test_it_shows_only_the_last_of_very_many_replies(viewer, agent, desk):
    ticket = make_ticket(viewer)
    Reply.objects.bulk_create(Reply(ticket=ticket, by="customer", text=f"Reply {n}.") for n in range(600))
    html = desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    assert "Reply 599." in html
    assert "Reply 399." not in html
    work(desk, ticket, "answer", "Enough.")
    assert Reply.objects.get(by="technical_support").text == "Enough."


def test_it_escapes_what_people_write(viewer, agent, desk):
    ticket = make_ticket(viewer, "<b>subject</b>", message="<script>alert(1)</script>")
    services.reply(user_id=viewer.pk, number=ticket.number, text="<script>alert(2)</script>")
    html = desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert") >= 2


@pytest.mark.parametrize("what", ["assign", "wait", "resolve"])
def test_it_refuses_an_action_that_would_lose_the_text(viewer, desk, what):
    ticket = make_ticket(viewer)
    answer = work(desk, ticket, what, "We are sorry.")
    assert "This would be lost" in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == (Status.OPEN, None)
