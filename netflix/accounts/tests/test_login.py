from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.utils import timezone
from knox.models import AuthToken

from netflix.accounts import services
from netflix.accounts.models import User

pytestmark = pytest.mark.django_db
LOGIN, LOGOUT = "/api/v1/auth/login/", "/api/v1/auth/logout/"


def login(api, username="viewer", password="a-viewers-password"):
    return api.post(LOGIN, {"username": username, "password": password})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_it_trades_a_password_for_a_token_that_works(api, viewer):
    answer = login(api)
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expiry"}
    logout = api.post(LOGOUT, headers=bearer(answer.json()["token"]))
    assert logout.status_code == 204


def test_it_stores_the_token_only_hashed(api, viewer):
    token = login(api).json()["token"]
    stored = AuthToken.objects.values().get()
    assert token not in map(str, stored.values())


def test_it_forgets_a_token_at_logout(api, viewer):
    token = login(api).json()["token"]
    api.post(LOGOUT, headers=bearer(token))
    assert api.post(LOGOUT, headers=bearer(token)).status_code == 401
    assert not AuthToken.objects.exists()


def test_it_refuses_an_expired_token(api, viewer):
    token = login(api).json()["token"]
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert api.post(LOGOUT, headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("username", ["viewer", "nobody"])
def test_it_answers_alike_to_a_wrong_password_and_an_unknown_name(api, viewer, username):
    answer = login(api, username, "wrong")
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_credentials"
    assert answer.json()["detail"] == "The username or the password is wrong."
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("username", ["viewer", "nobody"])
def test_it_locks_out_who_guesses_too_often(api, viewer, username, settings):
    settings.AXES_FAILURE_LIMIT = 3
    answers = [login(api, username, f"guess {n}").status_code for n in range(4)]
    assert answers[:2] == [401, 401]
    last = login(api, username)
    assert (last.status_code, last.json()["code"]) == (429, "locked_out")
    assert int(last.headers["Retry-After"]) == 900
    assert not AuthToken.objects.exists()


def test_it_lets_a_lock_out_hold_one_address_only(api, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 2
    for n in range(3):
        login(api, "viewer", f"guess {n}")
    answer = api.post(LOGIN, {"username": "viewer", "password": "a-viewers-password"}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"username": "viewer"}, {"username": "a\0b", "password": "x"}, {"username": [], "password": {}}]
)
def test_it_names_what_is_missing_or_wrong(api, db, body):
    answer = api.post(LOGIN, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer \x00", "Bearer é", "Bearer " + "f" * 64, "Bearer %27"]
)
def test_it_answers_401_to_any_garbage_in_the_header(api, db, header):
    answer = api.post(LOGOUT, headers={"Authorization": header.encode().decode("latin-1")})
    assert answer.status_code == 401


def test_it_logs_in_although_the_header_carries_an_old_token(api, viewer):
    answer = api.post(LOGIN, {"username": "viewer", "password": "a-viewers-password"}, headers=bearer("0" * 64))
    assert answer.status_code == 200


def test_it_refuses_an_inactive_person(api, viewer):
    viewer.is_active = False
    viewer.save()
    assert login(api).status_code == 401


@pytest.mark.parametrize("username", ["VIEWER", "Viewer", "vieweR"])
def test_it_minds_no_capitals_of_a_name(api, viewer, username):
    assert login(api, username).status_code == 200


def test_it_counts_guesses_at_a_name_whatever_its_capitals(api, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    answers = [login(api, name, "wrong").status_code for name in ("viewer", "VIEWER", "Viewer", "vIEWER")]
    assert answers == [401, 401, 429, 429]
    assert login(api).status_code == 429


def test_it_ends_every_login_when_the_password_is_changed(api, viewer):
    token = login(api).json()["token"]
    others = type(viewer).objects.create_user("other")
    _, kept = AuthToken.objects.create(others)
    viewer.refresh_from_db()
    viewer.set_password("another-password")
    viewer.save()
    assert api.get("/api/v1/auth/me/", headers=bearer(token)).status_code == 401
    assert api.get("/api/v1/auth/me/", headers=bearer(kept)).status_code == 200


def test_it_keeps_logins_when_something_else_about_a_person_changes(api, viewer):
    token = login(api).json()["token"]
    viewer.refresh_from_db()
    viewer.email = "new@example.org"
    viewer.save()
    assert api.get("/api/v1/auth/me/", headers=bearer(token)).status_code == 200


def test_it_forgets_wrong_passwords_after_a_right_one(api, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        assert [login(api, password="wrong").status_code for _ in range(2)] == [401, 401]
        assert login(api).status_code == 200
    viewer.refresh_from_db()
    assert viewer.last_login is not None


def test_it_counts_guesses_at_names_that_grow_in_capitals(api, settings):
    settings.AXES_FAILURE_LIMIT = 2
    assert [login(api, "\u00df" * 150, "wrong").status_code for _ in range(3)] == [401, 429, 429]


def test_nothing_is_left_of_guesses_at_somebody_who_has_gone(api):
    person = User.objects.create_user("stra\u00dfe", password="a-viewers-password")
    assert login(api, person.username, "wrong").status_code == 401
    assert AccessAttempt.objects.exists()
    services.erase(user_id=person.pk)
    assert not AccessAttempt.objects.exists()
