"""Customers rate the help with a solved ticket."""

import re

import pytest

from netflix.notices.models import Notice
from netflix.tests.meanwhile import while_another_writes
from netflix.tests.ways import login_of
from support import services
from support.models import Ticket
from support.states import Status
from support.tests.desk import QUEUE
from support.tests.factories import make_ticket


def rate(api, ticket, **body):
    return api.put(f"/api/v1/tickets/{ticket.number}/rating/", body)


def shown(api, ticket):
    return api.get(f"/api/v1/tickets/{ticket.number}/").json()["rating"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_it_stores_a_rating_and_shows_it(viewer, viewer_api, status):
    ticket = make_ticket(viewer, status=status)
    assert shown(viewer_api, ticket) is None
    answer = rate(viewer_api, ticket, score="good", comment="Quick.\nFriendly.")
    assert answer.status_code == 200
    assert (answer.json()["score"], answer.json()["comment"]) == ("good", "Quick.\nFriendly.")
    assert shown(viewer_api, ticket) == answer.json()
    ticket.refresh_from_db()
    assert ticket.status == status


@pytest.mark.django_db
def test_it_replaces_a_rating(viewer, viewer_api):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    rate(viewer_api, ticket, score="bad", comment="It does not work.")
    assert rate(viewer_api, ticket, score="good").status_code == 200
    assert (shown(viewer_api, ticket)["score"], shown(viewer_api, ticket)["comment"]) == ("good", "")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.OPEN, Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER])
def test_it_refuses_one_before_the_ticket_is_solved(viewer, viewer_api, status):
    ticket = make_ticket(viewer, status=status)
    answer = rate(viewer_api, ticket, score="good")
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_not_solved")
    assert answer.json()["detail"] == f"Only a resolved or closed ticket can be rated. This one is {status.label}."
    assert shown(viewer_api, ticket) is None


@pytest.mark.django_db
def test_it_keeps_the_rating_of_a_ticket_that_is_open_again(viewer, viewer_api):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    rate(viewer_api, ticket, score="bad")
    services.reopen(user_id=viewer.pk, number=ticket.number)
    assert rate(viewer_api, ticket, score="good").status_code == 409
    assert shown(viewer_api, ticket)["score"] == "bad"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "score"),
        ({"score": "excellent"}, "score"),
        ({"score": ""}, "score"),
        ({"score": "good", "comment": "x" * 1001}, "comment"),
        ({"score": "good", "comment": "a\0b"}, "comment"),
        ({"score": "good", "stars": 5}, "stars"),
    ],
)
def test_it_refuses_invalid_ratings(viewer, viewer_api, body, field):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    answer = rate(viewer_api, ticket, **body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert shown(viewer_api, ticket) is None


@pytest.mark.django_db
def test_it_lets_only_the_customer_rate(viewer, viewer_api, admin, api):
    ticket = make_ticket(admin, status=Status.RESOLVED)
    assert rate(viewer_api, ticket, score="bad").status_code == 404
    assert rate(api, ticket, score="bad").status_code == 401
    api.force_authenticate(admin)
    assert rate(api, make_ticket(viewer, status=Status.RESOLVED), score="good").status_code == 404
    assert not Ticket.objects.exclude(score="").exists()


@pytest.mark.django_db
def test_it_mentions_ratings_in_the_notice(viewer):
    make_ticket(viewer, status=Status.RESOLVED)
    assert "You may rate our help there, as good or bad." in Notice.objects.latest("pk").text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("last", ["good", "bad"])
def test_it_keeps_the_last_of_two_ratings_at_once(viewer, last):
    ticket = make_ticket(viewer, status=Status.RESOLVED)

    def rate_as(score):
        services.rate(user_id=viewer.pk, number=ticket.number, score=score, comment=score)

    while_another_writes(lambda: rate_as("bad" if last == "good" else "good"), lambda: rate_as(last))
    ticket.refresh_from_db()
    assert (ticket.score, ticket.score_comment) == (last, last)


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_rate_a_ticket_that_an_agent_reopens_meanwhile(viewer, admin):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    with pytest.raises(services.NotSolved):
        while_another_writes(
            lambda: services.reopen_as_agent(ticket_id=ticket.pk, agent_id=admin.pk),
            lambda: services.rate(user_id=viewer.pk, number=ticket.number, score="good"),
        )
    ticket.refresh_from_db()
    assert (ticket.score, ticket.scored_at) == ("", None)


@pytest.mark.django_db(transaction=True)
def test_it_answers_details_with_a_rating_the_same_on_both_paths(ways, viewer):
    ticket = make_ticket(viewer, status=Status.RESOLVED)
    services.rate(user_id=viewer.pk, number=ticket.number, score="good", comment="“Thanks”")
    address = f"/api/v1/tickets/{ticket.number}/"
    assert ways.same(address, **login_of(viewer)).json()["rating"]["comment"] == "“Thanks”"


@pytest.mark.django_db
def test_it_has_buttons_on_the_page_of_a_solved_ticket(client, viewer):
    client.force_login(viewer)
    solved, open_ticket = make_ticket(viewer, status=Status.RESOLVED), make_ticket(viewer)

    def rating_forms(address):
        html = client.get(f"/api/v1/tickets/{address}", headers={"Accept": "text/html"}).content.decode()
        return re.findall(r'action="http://testserver(\S+)/rating/" data-method="PUT" data-body="([^"]+)"', html)

    page = f"/api/v1/tickets/{solved.number}"
    bodies = [f"{{&quot;score&quot;: &quot;{score}&quot;}}" for score in ("good", "bad")]
    assert rating_forms(f"{solved.number}/") == [(page, body) for body in bodies]
    assert rating_forms(f"{open_ticket.number}/") == rating_forms("") == []


@pytest.mark.django_db
def test_it_shows_agents_the_ratings(client, viewer, admin):
    client.force_login(admin)
    rated = make_ticket(viewer, "Rated ticket", status=Status.RESOLVED)
    make_ticket(viewer, "Other ticket", status=Status.RESOLVED)
    services.rate(user_id=viewer.pk, number=rated.number, score="bad", comment="<b>slow</b>")
    html = client.get(f"{QUEUE}?rating=bad").content.decode()
    assert "rated bad" in html
    assert "Rated ticket" in html
    assert "Other ticket" not in html
    assert "Rated ticket" not in client.get(f"{QUEUE}?rating=good").content.decode()
    page = client.get(f"{QUEUE}{rated.pk}/change/").content.decode()
    assert "rated bad" in page
    assert "&lt;b&gt;slow&lt;/b&gt;" in page
