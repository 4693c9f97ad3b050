import pytest

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.ways import login_of
from support import services, technical_support
from support.models import Reply
from support.states import Status
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
URL = "/api/v1/tickets/"


def show(api, number):
    return api.get(f"{URL}{number}/")


def test_it_shows_the_order_once_technical_support_has_opened_it(viewer, viewer_api):
    ticket = make_ticket(viewer)
    assert show(viewer_api, ticket.number).json()["service_order"] is None
    technical_support.handle_ticket(ticket.pk)
    shown = show(viewer_api, ticket.number).json()
    assert shown["service_order"] == {
        "number": ticket.service_order.number,
        "opened_at": ticket.service_order.opened_at.isoformat().replace("+00:00", "Z"),
    }
    assert [(move["by"], move["from_status"], move["to_status"]) for move in shown["timeline"]] == [
        ("customer", None, "open"),
        ("system", "open", "in_progress"),
    ]


def test_it_shows_replies_in_order_without_private_notes(viewer, viewer_api, admin):
    ticket = make_ticket(viewer)
    services.answer(ticket_id=ticket.pk, agent_id=admin.pk, text="Which film?")
    services.add_note(ticket_id=ticket.pk, agent_id=admin.pk, text="Only for us.")
    services.reply(user_id=viewer.pk, number=ticket.number, text="All of them.")
    answer = show(viewer_api, ticket.number)
    replies = answer.json()["replies"]
    assert [(reply["by"], reply["text"]) for reply in replies] == [
        ("technical_support", "Which film?"),
        ("customer", "All of them."),
    ]
    assert "Only for us" not in answer.content.decode()
    assert admin.username not in answer.content.decode()


@pytest.mark.parametrize("count", [0, 20])
def test_it_takes_one_query_for_any_number_of_replies(viewer, viewer_api, count, django_assert_num_queries):
    ticket = make_ticket(viewer)
    for n in range(count):
        services.reply(user_id=viewer.pk, number=ticket.number, text=f"Reply {n}")
    with django_assert_num_queries(1):
        assert len(show(viewer_api, ticket.number).json()["replies"]) == count


def test_it_shows_the_last_200_of_many_replies(viewer, viewer_api):
    ticket = make_ticket(viewer)
    Reply.objects.bulk_create(Reply(ticket=ticket, by="customer", text=f"Reply {n}") for n in range(201))
    replies = show(viewer_api, ticket.number).json()["replies"]
    assert (len(replies), replies[0]["text"], replies[-1]["text"]) == (200, "Reply 1", "Reply 200")


def test_it_accepts_numbers_as_people_type_them(viewer, viewer_api):
    number = make_ticket(viewer).number
    for typed in (number.lower(), number.replace("-", ""), number.replace("-", "%20")):
        assert show(viewer_api, typed).json()["number"] == number


@pytest.mark.parametrize("number", ["222-222-222", "1", "x" * 2000, "%F0%9F%98%80", "..%2F", "'", "%E2%80%AE"])
def test_it_answers_404_for_an_invalid_number(viewer, viewer_api, number):
    make_ticket(viewer)
    answer = show(viewer_api, number)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_it_refuses_a_nul_byte(viewer_api):
    assert show(viewer_api, "a%00b").status_code == 400


def test_it_answers_the_same_for_anothers_ticket_and_none(viewer_api, admin):
    theirs, nowhere = make_ticket(admin).number, "222-222-222"
    assert show(viewer_api, theirs).status_code == 404
    assert show(viewer_api, theirs).json()["detail"] == show(viewer_api, nowhere).json()["detail"]


def test_it_asks_for_a_login(api, viewer):
    assert show(api, make_ticket(viewer, status=Status.CLOSED).number).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_it_answers_the_same_on_both_paths(ways, viewer):
    movies = [make_movie() for _ in range(2)]
    tickets = [
        make_ticket(viewer, f"It's {status}: \\ $1 %s", status=status, movie_id=movies[n % 2].pk if n % 3 else None)
        for n, status in enumerate(Status)
    ]
    for ticket in tickets:
        if ticket.status != Status.CLOSED:
            services.reply(user_id=viewer.pk, number=ticket.number, text='"Ünal"\n')
    login, url = login_of(viewer), "/api/v1/tickets/"
    for number in (*(ticket.number for ticket in tickets), tickets[0].number.lower()):
        assert ways.same(f"{url}{number}/", **login).status == 200
    for query in ("", *(f"status={status}" for status in Status), "page_size=2", "page_size=2&status=open"):
        answer = ways.same(f"{url}?{query}", **login)
        while following := answer.json()["next"]:
            answer = ways.same(following.removeprefix("http://testserver"), **login)
        assert answer.status == 200
    of_other = login_of(User.objects.create_user("other"))
    fast, view = ways.both(f"{url}{tickets[0].number}/", **of_other)
    assert (fast, view.status) == (None, 404)
