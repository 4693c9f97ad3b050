import pytest
from rest_framework.test import APIClient

from netflix.accounts.models import User
from netflix.tests.meanwhile import at_once

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/register/"
ANN = {"username": "ann", "email": "ann@example.org", "password": "correct horse battery"}


def test_it_creates_a_viewer_who_can_log_in(api):
    answer = api.post(URL, ANN)
    assert answer.status_code == 201
    assert answer.json().keys() == {"username", "email", "email_verified", "date_joined", "is_staff"}
    assert (answer.json()["username"], answer.json()["is_staff"]) == ("ann", False)
    login = api.post("/api/v1/auth/login/", {"username": "ann", "password": ANN["password"]})
    assert login.json().keys() == {"token", "expiry"}


def test_it_stores_the_password_only_hashed(api):
    api.post(URL, ANN)
    assert ANN["password"] not in str(User.objects.values().get())


@pytest.mark.parametrize("name", ["ann", "ANN", " ann "])
def test_it_says_that_a_name_is_taken_and_nothing_about_its_owner(api, name):
    api.post(URL, ANN)
    answer = api.post(URL, ANN | {"username": name, "email": "other@example.org"})
    assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")
    assert "example.org" not in answer.content.decode()
    assert User.objects.count() == 1


def test_it_does_not_tell_that_an_address_is_known(api):
    api.post(URL, ANN)
    assert api.post(URL, ANN | {"username": "bob"}).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "password123"),
        ("password", "81726354"),
        ("password", "ann@example.org"),
        ("email", "no address"),
        ("email", ""),
        ("email", "a@bא.org"),
        ("email", "ann@localhost"),
        ("email", "ünn@example.org"),
        ("email", "ann@example.org\nBcc: bob@example.org"),
        ("username", ""),
        ("username", "two words"),
        ("username", "x" * 151),
        ("username", "nul\0byte"),
        ("username", ["ann"]),
    ],
)
def test_it_refuses_what_will_not_do_and_names_it(api, field, value):
    answer = api.post(URL, ANN | {field: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "other",
    [{"email": "no address"}, {"username": "two words"}, {"username": ["ann"]}, {"extra": 1}, {"email": None}],
    ids=str,
)
def test_it_says_all_that_is_wrong_at_once(api, other):
    answer = api.post(URL, ANN | other | {"password": "81726354"})
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {"password", *other}
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["email", "username"])
def test_it_says_that_a_password_is_like_a_name_that_will_not_do(api, name):
    answer = api.post(URL, ANN | {name: "two-words !", "password": "two-words"})
    assert {error["field"] for error in answer.json()["errors"]} == {"password", name}


def test_it_is_soon_done_with_a_huge_name_and_a_long_password(api):
    """What it would compare the password with is cut."""
    answer = api.post(URL, ANN | {"username": "a b " * 200_000, "password": "x y " * 250})
    assert {error["field"] for error in answer.json()["errors"]} == {"username"}


def test_it_lets_nobody_make_themselves_more_than_a_viewer(api):
    answer = api.post(URL, ANN | {"is_staff": True, "is_superuser": True, "id": 1, "is_active": False})
    assert answer.status_code == 400
    assert not User.objects.exists()
    api.post(URL, ANN)
    stored = User.objects.get()
    assert (stored.is_staff, stored.is_superuser, stored.is_active) == (False, False, True)


@pytest.mark.django_db(transaction=True)
def test_it_gives_a_name_once_when_many_ask_at_once():
    answers = at_once([lambda: APIClient().post(URL, ANN)] * 8)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert User.objects.count() == 1


@pytest.mark.parametrize("username", ["\ufb03" * 150, "\ufdfa", "a" * 148 + "\ufb03", "\u2100", "x\u00a0y"])
def test_it_judges_a_name_as_it_will_be_stored(api, username):
    """One character can stand for several: the limits are of what comes out."""
    answer = api.post(URL, ANN | {"username": username})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "username")
    assert not User.objects.exists()
