import socket
import time

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.throttling import SimpleRateThrottle

from netflix.api.circuit import redis_circuit

pytestmark = pytest.mark.django_db
LOGIN = "/api/v1/auth/login/"
WRONG = {"username": "nobody", "password": "wrong"}


@pytest.fixture
def rates(monkeypatch, worker_id):
    """Throttling on, and counted apart from whatever else uses this Redis."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"write": "2/min", "login": "2/min"})
    monkeypatch.setattr(SimpleRateThrottle, "cache_format", f"test-{worker_id}-%(scope)s-%(ident)s")
    yield
    redis_circuit.reset()
    for ident in ("127.0.0.1", "192.0.2.9"):
        cache.delete_many([f"test-{worker_id}-{scope}-{ident}" for scope in ("write", "login")])


def test_it_limits_logins_by_address(api, rates):
    answers = [api.post(LOGIN, WRONG).status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    assert api.post(LOGIN, WRONG, REMOTE_ADDR="192.0.2.9").status_code == 401


def test_it_says_when_to_come_back(api, rates):
    for _ in range(3):
        answer = api.post(LOGIN, WRONG)
    assert answer.json()["code"] == "throttled"
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_it_does_not_believe_a_forwarded_address(api, rates):
    answers = [api.post(LOGIN, WRONG, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(3)]
    assert answers[-1] == 429


def test_it_limits_writes_and_never_reads(api, rates):
    assert [api.delete("/api/v1/movies/1/").status_code for _ in range(3)] == [401, 401, 401]
    assert {api.get("/api/v1/genres/").status_code for _ in range(5)} == {200}


def test_it_lets_requests_pass_while_redis_is_away(api, rates, monkeypatch):
    def away(*args):
        raise RedisAway

    monkeypatch.setattr(cache, "get", away)
    assert {api.post(LOGIN, WRONG).status_code for _ in range(4)} == {401}


def test_it_waits_once_and_not_each_time_for_a_redis_that_hangs(viewer_api, rates, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, as a frozen process does, and is mute
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": url}}
        times = []
        for _ in range(4):
            started = time.monotonic()
            assert viewer_api.delete("/api/v1/reminders/1/").status_code == 404
            times.append(time.monotonic() - started)
    assert settings.REDIS_PATIENCE <= times[0] < 1
    assert max(times[1:]) < settings.REDIS_PATIENCE


def test_it_counts_again_when_redis_is_back(api, rates, monkeypatch):
    def away(*args):
        raise RedisAway

    with monkeypatch.context() as patch:
        patch.setattr(cache, "get", away)
        assert api.post(LOGIN, WRONG).status_code == 401
    time.sleep(2.1)
    assert [api.post(LOGIN, WRONG).status_code for _ in range(3)] == [401, 401, 429]
