from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.models.functions import Now
from redis.exceptions import ConnectionError as RedisAway

from support import technical_support
from support.models import Heartbeat


def test_it_is_live_without_asking_anything(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.fixture
def worker(db):
    technical_support.record_heartbeat("a worker")
    return Heartbeat.objects.all()


@pytest.mark.parametrize("seconds", [None, 61])
def test_it_warns_and_stays_ready_when_no_worker_of_technical_support_was_seen_for_a_minute(client, worker, seconds):
    if seconds is None:
        worker.delete()
    else:
        worker.update(at=Now() - timedelta(seconds=seconds))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "redis": "ok", "warnings": ["no_technical_support_worker"]}


@pytest.mark.django_db
def test_it_is_ready_when_database_and_redis_answer(client, worker):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "redis": "ok", "warnings": []})


@pytest.mark.django_db
def test_it_warns_and_stays_ready_when_redis_is_away(client, worker, monkeypatch):
    def away(key):
        raise RedisAway

    monkeypatch.setattr(cache, "get", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "redis": "away", "warnings": ["redis_away"]})


@pytest.mark.django_db
def test_it_names_the_database_when_it_is_away(client, monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "away", "redis": "ok", "warnings": []})


@pytest.mark.django_db
def test_it_is_not_ready_when_the_database_takes_no_writes(client):
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")  # as everything is on a standby
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "read_only")
