"""Whose address throttles, lock-outs and logs see."""

import time

import pytest
from django.http import HttpResponse

from netflix.api.middleware import ClientAddress
from netflix.api.throttles import throttle_key

PROXY = "172.18.0.5"


@pytest.fixture
def seen(rf, settings):
    def address(forwarded, *, proxies):
        settings.TRUSTED_PROXIES = proxies
        headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        request = rf.get("/", REMOTE_ADDR=PROXY, **headers)
        ClientAddress(lambda _: HttpResponse())(request)
        assert "HTTP_X_FORWARDED_FOR" not in request.META
        return request.META["REMOTE_ADDR"]

    return address


def test_it_believes_nobody_without_a_proxy(seen):
    assert seen("9.9.9.9", proxies=0) == PROXY


@pytest.mark.parametrize("claimed", ["9.9.9.9", "1.2.3.4, 9.9.9.9", "junk, 1.2.3.4 ,9.9.9.9"])
def test_it_believes_the_proxy_and_not_the_client(seen, claimed):
    assert seen(claimed, proxies=1) == "9.9.9.9"


def test_it_counts_as_many_entries_as_there_are_proxies(seen):
    assert seen("1.2.3.4, 2001:db8::1, 10.0.0.7", proxies=2) == "2001:db8::1"


@pytest.mark.parametrize("forwarded", [None, "", "junk", "1.2.3.4, ", "9.9.9.9:80"])
def test_it_keeps_the_connections_address_when_the_header_has_none(seen, forwarded):
    assert seen(forwarded, proxies=1) == PROXY


@pytest.mark.django_db
def test_it_is_what_logins_are_locked_out_by(api, viewer, settings):
    settings.TRUSTED_PROXIES = 1
    settings.AXES_FAILURE_LIMIT = 2
    wrong = {"username": viewer.username, "password": "wrong"}
    right = wrong | {"password": "a-viewers-password"}
    for claim in ("1.1.1.1", "2.2.2.2"):
        api.post("/api/v1/auth/login/", wrong, HTTP_X_FORWARDED_FOR=f"{claim}, 9.9.9.9")
    assert api.post("/api/v1/auth/login/", right, HTTP_X_FORWARDED_FOR="3.3.3.3, 9.9.9.9").status_code == 429
    assert api.post("/api/v1/auth/login/", right, HTTP_X_FORWARDED_FOR="3.3.3.3, 8.8.8.8").status_code == 200


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::"),
        ("no:address", "no:address"),
        ("", ""),
    ],
)
def test_it_counts_an_ipv6_network_as_one(address, counted):
    assert throttle_key(address) == counted


@pytest.mark.django_db
def test_it_locks_out_who_guesses_from_all_over_a_network(api, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 2
    wrong = {"username": viewer.username, "password": "wrong"}
    statuses = [
        api.post("/api/v1/auth/login/", wrong, REMOTE_ADDR=f"2001:db8:1:2::{end}").status_code for end in range(1, 4)
    ]
    assert statuses == [401, 429, 429]
    assert api.post("/api/v1/auth/login/", wrong, REMOTE_ADDR="2001:db8:1:3::1").status_code == 401


def test_it_limits_reads_and_logins_of_a_network(api, settings, db):
    settings.THROTTLE_RATES = {"read": (2, 60), "login": (2, 60)}
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{time.time_ns()}"}}
    for end, status in ((1, 200), (2, 200), (3, 429)):
        assert api.get("/api/v1/movies/", REMOTE_ADDR=f"2001:db8:7:7::{end}").status_code == status
    for end, status in ((1, 400), (2, 400), (3, 429)):
        assert api.post("/api/v1/auth/login/", {}, REMOTE_ADDR=f"2001:db8:7:7::{end}").status_code == status
