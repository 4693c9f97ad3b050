"""Idempotency-Key, shown on POST movies/: every POST that has it is decorated alike."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from netflix.idempotency.models import StoredAnswer
from netflix.idempotency.tasks import forget_old_idempotency_keys
from netflix.tests.servers import environment_of_the_doomed, kill

pytestmark = pytest.mark.django_db
URL = "/api/v1/movies/"
KEY = {"Idempotency-Key": "7f1c0a52-add-heat"}


@pytest.fixture(autouse=True)
def movies(db):
    """The catalogue is not this room's to import."""
    apps.get_model("movies.Genre").objects.create(name="Crime")
    return apps.get_model("movies.Movie").objects


HEAT = {"title": "Heat", "year": 1995, "genres": ["Crime"]}


def test_it_does_a_request_once_and_answers_alike(curator_api, movies):
    first = curator_api.post(URL, HEAT, headers=KEY)
    again = curator_api.post(URL, HEAT, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert movies.count() == 1


def test_it_takes_the_members_in_any_order_for_the_same_request(curator_api):
    first = curator_api.post(URL, HEAT, headers=KEY)
    assert curator_api.post(URL, dict(reversed(HEAT.items())), headers=KEY).json() == first.json()


def test_it_refuses_the_same_key_for_something_else(curator_api, movies):
    curator_api.post(URL, HEAT, headers=KEY)
    answer = curator_api.post(URL, HEAT | {"year": 1996}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert movies.count() == 1


def test_it_does_not_keep_a_refusal(curator_api, movies):
    assert curator_api.post(URL, {"title": "Heat"}, headers=KEY).status_code == 400
    assert not StoredAnswer.objects.exists()
    assert curator_api.post(URL, HEAT, headers=KEY).status_code == 201


def test_it_keeps_the_keys_of_people_apart(curator_api, movies):
    curator_api.post(URL, HEAT, headers=KEY)
    other = APIClient()
    other.force_authenticate(get_user_model().objects.create_superuser("other"))
    assert other.post(URL, HEAT | {"year": 1996}, headers=KEY).status_code == 201
    assert movies.count() == 2


def test_it_changes_nothing_without_a_key(curator_api):
    assert curator_api.post(URL, HEAT).status_code == 201
    assert curator_api.post(URL, HEAT).status_code == 409
    assert not StoredAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "é"])
def test_it_refuses_a_key_that_is_none(curator_api, movies, key):
    answer = curator_api.generic("POST", URL, headers={"Idempotency-Key": key}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert not movies.exists()


def test_it_still_asks_for_a_login_first(api, movies):
    assert api.post(URL, HEAT, headers=KEY).status_code == 401
    assert not movies.exists()


def test_it_forgets_after_a_day(curator_api):
    curator_api.post(URL, HEAT, headers=KEY)
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert curator_api.post(URL, HEAT, headers=KEY).status_code == 409
    assert StoredAnswer.objects.count() == 1
    forget_old_idempotency_keys()
    assert not StoredAnswer.objects.exists()


def test_it_keeps_the_new_answer_to_a_key_of_yesterday(curator_api, movies):
    first = curator_api.post(URL, HEAT, headers=KEY).json()
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    movies.all().delete()
    second, again = (curator_api.post(URL, HEAT, headers=KEY).json() for _ in range(2))
    assert first["id"] != second["id"] == again["id"]
    assert StoredAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_does_it_once_when_the_same_is_sent_many_times_at_once(admin, movies):
    def add(_):
        client = APIClient(raise_request_exception=False)
        client.force_authenticate(admin)
        try:
            return client.post(URL, HEAT, headers=KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(add, range(50)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_key_in_use"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert (movies.count(), StoredAnswer.objects.count()) == (1, 1)


# A web process that dies when all is done and kept, but not yet committed.
_DYING = """
import time, django
django.setup()
from django.apps import apps
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient
from netflix.idempotency import decorator

keep = decorator.store_answer

def keep_and_wait(*arguments, **named):
    keep(*arguments, **named)
    print("kept", flush=True)
    time.sleep(60)

decorator.store_answer = keep_and_wait
client = APIClient(HTTP_HOST="localhost")
client.force_authenticate(get_user_model().objects.get())
client.post("/api/v1/movies/", {"title": "Heat", "year": 1995, "genres": ["Crime"]},
            headers={"Idempotency-Key": "7f1c0a52-add-heat"})
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_has_done_nothing_when_the_process_dies_before_the_end(admin, curator_api, movies):
    command = [sys.executable, "-c", _DYING]
    process = subprocess.Popen(command, env=environment_of_the_doomed(), stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "kept\n"
    busy = curator_api.post(URL, HEAT, headers=KEY)
    assert (busy.status_code, busy.json()["code"]) == (409, "idempotency_key_in_use")
    kill(process)
    assert curator_api.post(URL, HEAT, headers=KEY).status_code == 201
    assert (movies.count(), StoredAnswer.objects.count()) == (1, 1)


def test_it_takes_a_form_for_the_same_request_as_its_json(curator_api, movies):
    first = curator_api.post(URL, HEAT, headers=KEY)
    again = curator_api.post(URL, HEAT, format="multipart", headers=KEY)
    other = curator_api.post(URL, HEAT | {"year": 1901}, format="multipart", headers=KEY)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert movies.count() == 1
