import re

import pytest
from rest_framework.test import APIClient

from movies.tests.factories import make_movie
from netflix.idempotency.models import StoredAnswer
from netflix.notices.models import Notice
from netflix.outbox.services import Outbox
from netflix.tests.meanwhile import at_once
from support import technical_support
from support.models import Event, ServiceOrder, Ticket
from support.outbox import TICKET_OUTBOX

pytestmark = pytest.mark.django_db
URL = "/api/v1/tickets/"
BODY = {"subject": "No sound", "message": "I hear nothing.", "category": "playback"}


def assert_nothing_was_written():
    assert not Ticket.objects.exists()
    assert not Event.objects.exists()


def test_it_stores_the_ticket_and_answers_with_all_of_it(viewer_api):
    movie = make_movie("Heat")
    answer = viewer_api.post(URL, BODY | {"movie": movie.pk})
    assert answer.status_code == 201
    ticket = answer.json()
    assert answer.headers["Location"].endswith(f"{URL}{ticket['number']}/")
    assert ticket.keys() == {
        "number", "status", "subject", "category", "movie", "created_at", "message", "replies", "timeline",
        "service_order", "attachments", "rating",
    }  # fmt: skip
    assert {name: ticket[name] for name in BODY} == BODY
    assert (ticket["status"], ticket["replies"], ticket["service_order"]) == ("open", [], None)
    assert ticket["movie"]["title"] == "Heat"
    (event,) = ticket["timeline"]
    assert (event["by"], event["from_status"], event["to_status"]) == ("customer", None, "open")
    assert viewer_api.get(f"{URL}{ticket['number']}/").json() == ticket


def test_it_gives_a_number_that_can_be_read_aloud(viewer_api):
    numbers = {viewer_api.post(URL, BODY).json()["number"] for _ in range(20)}
    assert len(numbers) == 20
    for number in numbers:
        assert re.fullmatch(r"([2-9A-HJKMNP-TV-Z]{3}-){2}[2-9A-HJKMNP-TV-Z]{3}", number)


def test_it_publishes_the_ticket_once_it_is_committed(viewer_api, published, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        viewer_api.post(URL, BODY)
        assert published == []
    assert published == [Ticket.objects.get().pk]


def test_it_leaves_the_ticket_to_the_relay_while_too_many_are_in_flight(
    viewer_api, published, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(Outbox, "has_room", lambda _: False)
    with django_capture_on_commit_callbacks(execute=True):
        assert viewer_api.post(URL, BODY).status_code == 201
    assert published == []
    assert TICKET_OUTBOX.claim() == [Ticket.objects.get().pk]


def test_it_takes_the_same_queries_whatever_is_stored(viewer, viewer_api, django_assert_num_queries):
    movie = make_movie()
    for _ in range(3):
        with django_assert_num_queries(9):
            assert viewer_api.post(URL, BODY | {"movie": movie.pk}).status_code == 201


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"subject": None}, "subject", "null"),
        ({"subject": ""}, "subject", "blank"),
        ({"subject": " \t\n"}, "subject", "blank"),
        ({"subject": "x" * 201}, "subject", "max_length"),
        ({"subject": "a\0b"}, "subject", "null_characters_not_allowed"),
        ({"subject": {"nested": [["deep"]]}}, "subject", "invalid"),
        ({"message": ""}, "message", "blank"),
        ({"message": "x" * 10_001}, "message", "max_length"),
        ({"message": "\0"}, "message", "null_characters_not_allowed"),
        ({"message": ["a"]}, "message", "invalid"),
        ({"category": "weather"}, "category", "invalid_choice"),
        ({"category": {}}, "category", "invalid_choice"),
        ({"category": None}, "category", "null"),
        ({"movie": 999_999_999}, "movie", "does_not_exist"),
        ({"movie": 2**63}, "movie", "max_value"),
        ({"movie": 0}, "movie", "min_value"),
        ({"movie": "Heat"}, "movie", "invalid"),
    ],
)
def test_it_refuses_invalid_fields(viewer_api, change, field, code):
    answer = viewer_api.post(URL, BODY | change)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert {error["field"] for error in errors} == {field}
    assert code in {error["code"] for error in errors}
    assert_nothing_was_written()


@pytest.mark.parametrize("missing", ["subject", "message", "category"])
def test_it_names_a_missing_field(viewer_api, missing):
    answer = viewer_api.post(URL, {name: value for name, value in BODY.items() if name != missing})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, missing, "required")
    assert_nothing_was_written()


def test_it_says_which_categories_there_are(viewer_api):
    (error,) = viewer_api.post(URL, BODY | {"category": "weather"}).json()["errors"]
    assert error["detail"] == ("weather is not a category. Allowed: playback, account, billing, catalogue, other.")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b'"text"', 400, "invalid"),
        (b'{"message": "' + b"x" * 5_000_000 + b'"}', 413, "body_too_large"),
        (b"[" * 100_000, 400, "invalid_json"),
        ("{“a”: 1}".encode("utf-16"), 400, "invalid_json"),
    ],
)
def test_it_refuses_invalid_bodies(viewer_api, body, status, code):
    answer = viewer_api.generic("POST", URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert_nothing_was_written()


def test_it_asks_for_a_login(api):
    answer = api.post(URL, BODY)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert_nothing_was_written()


def test_it_refuses_somebody_who_was_erased_meanwhile(viewer, viewer_api):
    type(viewer).objects.filter(pk=viewer.pk).delete()
    assert viewer_api.post(URL, BODY).status_code == 401
    assert_nothing_was_written()


def test_it_refuses_fields_that_the_server_sets(viewer_api, admin):
    said = {"user": admin.pk, "status": "closed", "number": "222-222-222"}
    answer = viewer_api.post(URL, BODY | said)
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == set(said)
    assert not Ticket.objects.exists()


def test_it_opens_another_ticket_only_with_another_key(viewer_api):
    first = viewer_api.post(URL, BODY, headers={"Idempotency-Key": "a"})
    again = viewer_api.post(URL, BODY, headers={"Idempotency-Key": "a"})
    other = viewer_api.post(URL, BODY | {"subject": "Another"}, headers={"Idempotency-Key": "a"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Ticket.objects.count() == 1
    assert viewer_api.post(URL, BODY, headers={"Idempotency-Key": "b"}).json()["number"] != first.json()["number"]


@pytest.mark.django_db(transaction=True)
def test_it_opens_one_ticket_for_fifty_concurrent_posts_with_one_key(viewer):
    def post():
        client = APIClient()
        client.force_authenticate(viewer)
        return client.post(URL, BODY, headers={"Idempotency-Key": "one"})

    answers = at_once([post] * 50, threads=16)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["number"] for answer in answers if answer.status_code == 201}) == 1
    for _ in range(3):  # as often as the queue likes
        technical_support.handle_ticket(Ticket.objects.get().pk)
    assert (Ticket.objects.count(), ServiceOrder.objects.count(), Notice.objects.count()) == (1, 1, 1)
    assert StoredAnswer.objects.count() == 1
