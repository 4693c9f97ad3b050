import socket
import time
from collections import Counter
from contextlib import suppress

import pytest
from rest_framework.test import APIClient

from movies.tests.factories import make_movie
from netflix.api.circuit_breakers import redis_circuit
from netflix.api.throttles import count
from netflix.tests.meanwhile import at_once

pytestmark = pytest.mark.django_db
LOGIN = "/api/v1/auth/login/"
WRONG = {"username": "nobody", "password": "wrong"}
NOWHERE = "redis://127.0.0.1:1/0"  # nothing listens there


@pytest.fixture
def rates(settings, worker_id):
    """Throttling on, and counted apart from whatever else uses this Redis and this process."""
    settings.THROTTLE_RATES = {"write": (2, 60), "many": (1, 60), "login": (2, 60), "read": (5, 60)}
    prefix = f"test-{worker_id}-{time.monotonic_ns()}"
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": prefix}}
    return settings


@pytest.fixture
def no_redis(rates):
    rates.REDIS_URL = NOWHERE


def test_it_limits_logins_by_address(api, rates):
    answers = [api.post(LOGIN, WRONG).status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    assert api.post(LOGIN, WRONG, REMOTE_ADDR="192.0.2.9").status_code == 401


def test_it_says_when_to_come_back(api, rates):
    for _ in range(3):
        answer = api.post(LOGIN, WRONG)
    assert answer.json()["code"] == "throttled"
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_it_never_says_to_come_back_too_early(rates):
    rates.THROTTLE_RATES = {"login": (1, 2)}
    first = time.time()
    assert count("login", "192.0.2.1").allowed
    refusals = 0
    while not (usage := count("login", "192.0.2.1")).allowed:
        assert time.time() + usage.seconds_left >= first + 2
        refusals += 1
    assert refusals > 2


def test_it_does_not_believe_a_forwarded_address(api, rates):
    answers = [api.post(LOGIN, WRONG, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(3)]
    assert answers[-1] == 429


@pytest.mark.parametrize(
    "door",
    [
        "/admin/login/",
        "/admin/password_change/",
        "/api/session/login/",
        "/forgot-password/",
        "/reset-password/",
        "/verify-email/",
        "/api/v1/auth/login/",
        "/api/v1/auth/register/",
        "/api/v1/auth/password/change/",
        "/api/v1/auth/password/reset/",
        "/api/v1/auth/password/reset/confirm/",
        "/api/v1/auth/email/change/",
    ],
)
def test_it_counts_at_every_door_before_a_password_is_looked_at(api, rates, monkeypatch, door):
    def check(*arguments, **named):
        raise AssertionError("A password was hashed.")

    for _ in range(2):
        api.post(door, WRONG)
    monkeypatch.setattr("django.contrib.auth.hashers.make_password", check)
    monkeypatch.setattr("django.contrib.auth.base_user.check_password", check)
    answer = api.post(door, WRONG)
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert api.get(door).status_code in (200, 302, 401, 405)


def test_it_shares_one_count_among_all_doors(api, rates):
    api.post("/admin/login/", WRONG)
    api.post("/api/session/login/", WRONG)
    assert api.post(LOGIN, WRONG).status_code == 429


def test_it_limits_writes_of_each_person(viewer_api, curator_api, rates):
    path = "/api/v1/reminders/1/"
    assert [viewer_api.delete(path).status_code for _ in range(3)] == [404, 404, 429]
    assert curator_api.delete(path).status_code == 404


def test_it_limits_reads_of_each_address_without_a_word_to_redis(api, no_redis):
    answers = [api.get("/api/v1/genres/").status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert api.get("/api/v1/genres/", REMOTE_ADDR="192.0.2.9").status_code == 200


def test_it_tells_what_is_left(viewer_api, rates):
    first, second, third = (viewer_api.delete("/api/v1/reminders/1/") for _ in range(3))
    assert first.headers["RateLimit-Policy"] == '"write";q=2;w=60'
    assert [answer.headers["RateLimit"].split(";")[1] for answer in (first, second, third)] == ["r=1", "r=0", "r=0"]
    assert "Retry-After" not in first.headers
    assert 0 < int(third.headers["Retry-After"]) <= 60


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_it_lets_exactly_as_many_pass_however_many_come_at_once(viewer, rates, attempt):
    rates.THROTTLE_RATES = {"write": (10, 60), "login": (10, 60)}

    def run():
        client = APIClient()
        client.force_authenticate(viewer)
        return client.delete("/api/v1/reminders/1/").status_code, client.post(LOGIN, {}).status_code

    writes, logins = zip(*at_once([run] * 40, threads=20), strict=True)
    assert Counter(writes) == {404: 10, 429: 30}
    assert Counter(logins) == {400: 10, 429: 30}


def test_it_counts_by_itself_while_redis_is_away(api, no_redis):
    assert [api.post(LOGIN, WRONG).status_code for _ in range(4)] == [401, 401, 429, 429]


def test_it_waits_once_and_not_each_time_for_a_redis_that_hangs(viewer_api, rates, monkeypatch):
    monkeypatch.setattr(redis_circuit, "_recovery_timeout", 600)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, as a frozen process does, and is mute
        silent.setblocking(False)
        rates.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        rates.REDIS_PATIENCE = 0.3
        started = time.monotonic()
        assert viewer_api.delete("/api/v1/reminders/1/").status_code == 404
        assert time.monotonic() - started >= rates.REDIS_PATIENCE
        assert callers(silent) == 1
        assert viewer_api.delete("/api/v1/reminders/1/").status_code == 404
        assert callers(silent) == 0


def callers(server):
    """How many have connected since somebody looked."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


@pytest.mark.slow
def test_it_counts_with_the_others_again_when_redis_is_back(api, rates):
    shared, rates.REDIS_URL = rates.REDIS_URL, NOWHERE
    assert api.post(LOGIN, WRONG).status_code == 401
    rates.REDIS_URL = shared
    time.sleep(2.1)
    assert [api.post(LOGIN, WRONG).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize("own_list", ["likes", "reminders", "watched"])
def test_it_limits_writes_of_many_films_by_themselves(viewer_api, rates, own_list):
    movie, path = make_movie(), f"/api/v1/{own_list}/"
    body = {"entries": [{"movie": movie.pk}]}
    assert viewer_api.put(path, {"entries": []}).status_code == 200
    refused = viewer_api.put(path, body)
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert refused.headers["RateLimit-Policy"] == '"many";q=1;w=60'
    assert viewer_api.get(path).json()["results"] == []
    assert viewer_api.put(f"/api/v1/movies/{movie.pk}/like/").status_code == 200
