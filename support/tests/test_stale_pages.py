"""Pages of tickets that changed after an agent had opened them."""

from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.tests.forms import fields_of, filled_in
from netflix.tests.meanwhile import at_once
from support import services, technical_support
from support.models import Event, Reply, Ticket
from support.outbox import TICKET_OUTBOX
from support.states import Status
from support.tests.desk import QUEUE, act
from support.tests.factories import bury, make_ticket

TEXTS = {"answer": "Which film?", "answer_and_resolve": "It works now.", "note": "Ask them which film."}


def log_in(name):
    person = User.objects.create_user(name, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_ticket", "change_ticket"]))
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


@pytest.fixture
def ann(db):
    return log_in("ann")


@pytest.fixture
def bob(db):
    return log_in("bob")


@pytest.fixture
def ticket(viewer):
    """A ticket with a service order, as almost all have when an agent opens them."""
    return make_ticket(viewer, status=Status.IN_PROGRESS)


def page(ticket):
    return f"{QUEUE}{ticket.pk}/change/"


def written():
    """The rows of every table that an agent's action may change."""
    return [
        list(rows.order_by("pk").values())
        for rows in (Ticket.objects, Event.objects, Reply.objects, Notice.objects, LogEntry.objects)
    ]


def refused(answer, *words):
    """Assert that the form is shown again with these words; return True."""
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing was done. The ticket has changed since this page was made" in html
    assert [word for word in words if word not in html] == []
    return True


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("assign", "it is assigned to ann now"),
        ("answer", "ann replied"),
        ("answer_and_resolve", "ann replied; ann set the status to “resolved”"),
        ("note", "ann added a private note"),
        ("wait", "ann set the status to “waiting for customer”"),
        ("resolve", "ann set the status to “resolved”"),
    ],
)
def test_it_tells_the_second_agent_what_the_first_did_whatever_they_do(ann, bob, ticket, what, words):
    of_ann, of_bob = filled_in(ann, page(ticket)), filled_in(bob, page(ticket))
    assert ann.post(page(ticket), of_ann | {"work": what, "text": TEXTS.get(what, "")}).status_code == 302
    before = written()
    for then in ("assign", "answer", "answer_and_resolve", "note", "wait", "resolve", "reopen"):
        answer = bob.post(page(ticket), of_bob | {"work": then, "text": TEXTS.get(then, "")})
        assert refused(answer, words), then
        assert written() == before, then
        assert fields_of(answer)["text"] == TEXTS.get(then, ""), then


@pytest.mark.django_db
def test_it_accepts_the_form_that_was_shown_again(ann, bob, ticket):
    stale = filled_in(bob, page(ticket), work="answer", text="Try another browser.")
    ann.post(page(ticket), filled_in(ann, page(ticket), work="answer", text="Which film?"))
    shown_again = fields_of(bob.post(page(ticket), stale))
    assert shown_again["text"] == "Try another browser."
    assert bob.post(page(ticket), shown_again | {"work": "answer"}).status_code == 302
    assert list(Reply.objects.order_by("pk").values_list("text", flat=True)) == ["Which film?", "Try another browser."]


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["assign", "answer", "answer_and_resolve", "note", "wait", "resolve", "reopen"])
def test_it_handles_a_repeated_form_once(ann, ticket, what):
    if what == "reopen":
        services.close(user_id=ticket.user_id, number=ticket.number)
    form = filled_in(ann, page(ticket), work=what, text=TEXTS.get(what, ""))
    assert ann.post(page(ticket), form).status_code == 302
    before = written()
    answer = ann.post(page(ticket), form)
    assert refused(answer, "to you now" if what == "assign" else "you ")
    assert written() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["assign", "answer", "answer_and_resolve", "note", "wait", "resolve"])
@pytest.mark.parametrize("who", ["two agents", "a double click"])
def test_it_accepts_one_of_two_concurrent_forms(ann, bob, ticket, what, who):
    clients = [ann, bob] if who == "two agents" else [ann, ann]
    forms = [filled_in(client, page(ticket), work=what, text=TEXTS.get(what, "")) for client in clients]
    told = Notice.objects.count()

    def post(cookies, form):
        client = Client(raise_request_exception=False)
        client.cookies = cookies
        return client.post(page(ticket), form)

    answers = at_once([partial(post, client.cookies, form) for client, form in zip(clients, forms, strict=True)])
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert refused(max(answers, key=lambda answer: answer.status_code == 200))
    assert Reply.objects.count() == (what in TEXTS)
    assert Notice.objects.count() - told == (what in ("answer", "answer_and_resolve", "wait", "resolve"))
    assert LogEntry.objects.count() == 1


@pytest.mark.django_db
def test_it_tells_an_agent_what_the_customer_and_the_system_did(ann, viewer):
    ticket = make_ticket(viewer)
    stale = filled_in(ann, page(ticket), work="answer", text="Which film?")
    technical_support.handle_ticket(ticket.pk)
    services.reply(user_id=viewer.pk, number=ticket.number, text="It works again.")
    services.close(user_id=viewer.pk, number=ticket.number)
    before = written()
    words = (
        "the system set the status to “in progress”; the customer replied; "
        "the customer set the status to “closed”. Read what is new, then decide again."
    )
    answer = ann.post(page(ticket), stale)
    assert refused(answer, words)
    assert fields_of(answer)["text"] == "Which film?"
    assert written() == before


@pytest.mark.django_db
def test_it_names_the_last_of_many_changes(ann, ticket, viewer):
    stale = filled_in(ann, page(ticket), work="assign")
    for n in range(15):
        services.reply(user_id=viewer.pk, number=ticket.number, text=f"Reply {n}.")
    assert ann.post(page(ticket), stale).content.decode().count("the customer replied") == 10


@pytest.mark.django_db
@pytest.mark.parametrize("seen", [None, "", "nonsense", "99-99-99", "1-0", f"{'9' * 18}-0-0"])
def test_it_refuses_a_form_without_a_valid_version(ann, ticket, seen):
    form = filled_in(ann, page(ticket), work="answer", text="Which film?")
    form.pop("seen")
    before = written()
    answer = ann.post(page(ticket), form | ({} if seen is None else {"seen": seen}))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert fields_of(answer)["text"] == "Which film?"
    assert written() == before


@pytest.mark.django_db
def test_it_keeps_the_page_stale_while_another_error_is_corrected(ann, ticket, viewer):
    stale = filled_in(ann, page(ticket), work="answer", text="")
    services.reply(user_id=viewer.pk, number=ticket.number, text="It works again.")
    shown_again = fields_of(ann.post(page(ticket), stale))
    form = shown_again | {"work": "answer", "text": "Which film?"}
    assert refused(ann.post(page(ticket), form), "the customer replied")


@pytest.mark.django_db
def test_it_replays_a_dead_letter_once(ann, viewer):
    ticket = make_ticket(viewer)
    bury(ticket)
    form = filled_in(ann, page(ticket), work="replay")
    assert ann.post(page(ticket), form).status_code == 302
    assert "The ticket is not a dead letter" in ann.post(page(ticket), form).content.decode()
    assert TICKET_OUTBOX.claim() == [ticket.pk]


@pytest.mark.django_db
def test_it_resolves_selected_tickets_once(ann, ticket):
    told = Notice.objects.count()
    assert "1 tickets: done." in act(ann, "resolve", [ticket])
    html = act(ann, "resolve", [ticket])
    assert "The ticket is resolved and cannot become resolved" in html
    assert "0 tickets: done." in html
    assert Notice.objects.count() - told == 1
    assert ticket.timeline.filter(to_status=Status.RESOLVED).count() == 1


@pytest.mark.django_db
def test_it_assigns_no_selected_ticket_of_another_agent(ann, bob, viewer, ticket):
    other = make_ticket(viewer)
    act(ann, "assign_to_me", [ticket])
    act(ann, "assign_to_me", [ticket])
    html = act(bob, "assign_to_me", [ticket, other])
    assert f"{ticket.number}: It is assigned to ann. Open it to take it over." in html
    assert "1 tickets: done." in html
    assert dict(Ticket.objects.values_list("pk", "assignee__username")) == {ticket.pk: "ann", other.pk: "bob"}
    assert other.timeline.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["answer", "resolve"])
def test_it_reports_a_deleted_ticket(ann, ticket, what):
    form = filled_in(ann, page(ticket), work=what, text=TEXTS.get(what, ""))
    ticket.user.delete()
    answer = ann.post(page(ticket), form, follow=True)
    assert "Perhaps it was deleted?" in answer.content.decode()
    assert not Reply.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["page", "action"])
def test_it_deletes_a_ticket_with_replies_and_events(admin, client, ann, ticket, way):
    ann.post(page(ticket), filled_in(ann, page(ticket), work="answer", text="Which film?"))
    client.force_login(admin)
    if way == "page":
        client.post(f"{QUEUE}{ticket.pk}/delete/", {"post": "yes"})
    else:
        client.post(QUEUE, {"action": "delete_selected", "_selected_action": [ticket.pk], "post": "yes"})
    assert [rows.count() for rows in (Ticket.objects, Reply.objects, Event.objects)] == [0, 0, 0]
