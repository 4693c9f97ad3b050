from functools import partial

import pytest
from axes.models import AccessAttempt
from django.test import Client
from knox.models import AuthToken

from netflix.accounts import logins, passwords, services
from netflix.accounts.models import AccountMail, EmailCheck, User
from netflix.accounts.tests.clients import errors, logged_in
from netflix.accounts.tests.mailbox import new_mails
from netflix.tests.meanwhile import at_once

pytestmark = pytest.mark.django_db
URL, LOGIN, ME = (f"/api/v1/auth/{name}/" for name in ("password/change", "login", "me"))
OLD, NEW = "a-viewers-password", "another horse battery"
BODY = {"old_password": OLD, "new_password": NEW}


@pytest.fixture
def mine(viewer):
    """A client with a login of the viewer's."""
    return logged_in(viewer)


def test_it_changes_the_password(mine, viewer, api):
    assert mine.post(URL, BODY).status_code == 204
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)
    assert api.post(LOGIN, {"username": "viewer", "password": NEW}).status_code == 200
    assert api.post(LOGIN, {"username": "viewer", "password": OLD}).status_code == 401


def test_it_ends_all_logins_but_this_one(mine, viewer):
    others, stranger = [logged_in(viewer) for _ in range(2)], logged_in(User.objects.create_user("stranger"))
    mine.post(URL, BODY)
    assert [client.get(ME).status_code for client in (mine, *others, stranger)] == [200, 401, 401, 200]


def test_it_ends_all_sessions_but_this_one(viewer):
    this, other = Client(), Client()
    for each in (this, other):
        each.force_login(viewer, "django.contrib.auth.backends.ModelBackend")
    logged_in(viewer)
    assert this.post(URL, BODY, content_type="application/json").status_code == 204
    assert [each.get(ME).status_code for each in (this, other)] == [200, 401]
    assert not AuthToken.objects.exists()


def test_it_takes_back_an_address_that_is_not_confirmed(mine, viewer):
    EmailCheck.objects.create(user=viewer, email="attacker@example.org", is_change=True)
    mine.post(URL, BODY)
    assert not EmailCheck.objects.exists()


def test_it_tells_the_person(mine):
    mine.post(URL, BODY)
    assert new_mails() == [("viewer@example.org", "Your password was changed")]
    assert new_mails() == []


def test_it_tells_no_address_that_is_not_verified(mine, viewer):
    User.objects.update(verified_email="")
    assert mine.post(URL, BODY).status_code == 204
    assert new_mails() == []


@pytest.mark.parametrize("wrong", ["wrong", NEW, OLD.upper(), f" {OLD}", "x" * 1000, "\u00e9\u4e2d"])
def test_it_asks_for_the_old_one(mine, viewer, wrong):
    other = logged_in(viewer)
    answer = mine.post(URL, BODY | {"old_password": wrong})
    assert (answer.status_code, errors(answer)) == (400, {"old_password": "wrong_password"})
    assert other.get(ME).status_code == 200
    viewer.refresh_from_db()
    assert viewer.check_password(OLD)
    assert not AccountMail.objects.exists()


def test_it_says_all_that_is_wrong_at_once(mine, viewer):
    answer = mine.post(URL, {"old_password": "wrong", "new_password": "123", "extra": 1})
    assert answer.status_code == 400
    assert errors(answer) == {"old_password": "wrong_password", "new_password": "weak_password", "extra": "unknown"}


@pytest.mark.parametrize(
    "weak",
    ["short", "password123", "81726354", "viewer@example.org", "viewer-01", "", "nul\0byte", "x" * 1001, [], None],
)
def test_it_refuses_a_weak_password(mine, viewer, weak):
    answer = mine.post(URL, BODY | {"new_password": weak})
    assert (answer.status_code, list(errors(answer))) == (400, ["new_password"])
    viewer.refresh_from_db()
    assert viewer.check_password(OLD)


def test_it_locks_out_who_guesses_with_a_stolen_token(mine, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    guesses = [mine.post(URL, BODY | {"old_password": f"guess {n}"}).status_code for n in range(4)]
    assert guesses == [400, 400, 429, 429]
    answer = mine.post(URL, BODY)
    assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
    viewer.refresh_from_db()
    assert viewer.check_password(OLD)


def test_it_forgets_wrong_tries_after_a_right_one(mine):
    mine.post(URL, BODY | {"old_password": "wrong"})
    assert AccessAttempt.objects.exists()
    mine.post(URL, BODY)
    assert not AccessAttempt.objects.exists()


def test_it_knows_nobody_without_a_login(api, viewer):
    assert api.post(URL, BODY).status_code == 401
    viewer.refresh_from_db()
    assert viewer.check_password(OLD)


@pytest.mark.django_db(transaction=True)
def test_it_changes_once_when_many_ask_at_once(viewer):
    clients = [logged_in(viewer) for _ in range(6)]
    bodies = [BODY | {"new_password": f"{NEW} {n}"} for n in range(6)]
    requests = [partial(client.post, URL, body) for client, body in zip(clients, bodies, strict=True)]
    answers = [answer.status_code for answer in at_once(requests)]
    assert answers.count(204) == 1
    assert set(answers) <= {204, 400, 401}
    viewer.refresh_from_db()
    assert viewer.check_password(f"{NEW} {answers.index(204)}")
    assert [client.get(ME).status_code == 200 for client in clients] == [answer == 204 for answer in answers]


def test_it_lets_nothing_begin_that_the_old_password_allowed(viewer):
    """A login whose password was checked just before it was changed."""
    checked = User.objects.get(pk=viewer.pk)
    passwords.change(viewer, password=NEW, token_to_keep=None)
    with pytest.raises(services.PasswordChanged):
        logins.log_in(checked, user_agent="")
    with pytest.raises(services.PasswordChanged):
        passwords.change(checked, password="yet another one", token_to_keep=None)
    assert not AuthToken.objects.exists()


def test_it_costs_a_fixed_number_of_queries(mine, viewer, django_assert_max_num_queries):
    for _ in range(5):
        logged_in(viewer)
    with django_assert_max_num_queries(30):
        assert mine.post(URL, BODY).status_code == 204
