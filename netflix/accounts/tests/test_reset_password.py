from datetime import datetime, timedelta
from functools import partial

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from knox.models import AuthToken
from rest_framework.test import APIClient

from netflix.accounts import passwords
from netflix.accounts.models import AccountMail, EmailCheck, User
from netflix.accounts.tests.clients import errors
from netflix.accounts.tests.mailbox import new_mails, token
from netflix.tests.meanwhile import at_once

pytestmark = pytest.mark.django_db
ASK, URL, LOGIN = (f"/api/v1/auth/{name}/" for name in ("password/reset", "password/reset/confirm", "login"))
OLD, NEW = "a-viewers-password", "another horse battery"


@pytest.fixture
def known(api, viewer):
    """The token that the viewer was sent."""
    api.post(ASK, {"email": "viewer@example.org"})
    new_mails()
    return token()


def confirm(api, token, password=NEW):
    return api.post(URL, {"token": token, "new_password": password})


def is_refused(answer):
    return (answer.status_code, errors(answer)) == (400, {"token": "bad_link"})


def test_it_sets_a_new_password_once(api, viewer, known):
    assert confirm(api, known).status_code == 204
    assert is_refused(confirm(api, known, "yet another one"))
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)


def test_it_ends_every_login_and_tells_the_person(api, viewer, known):
    AuthToken.objects.create(viewer)
    confirm(api, known)
    assert not AuthToken.objects.exists()
    assert new_mails() == [("viewer@example.org", "Your password was changed")]


def test_it_takes_back_an_address_that_is_not_confirmed(api, viewer, known):
    """Who knew the old password may have asked for it, to ask for a new password at that address next."""
    EmailCheck.objects.create(user=viewer, email="attacker@example.org", is_change=True)
    confirm(api, known)
    assert not EmailCheck.objects.exists()


def test_it_lets_in_who_was_locked_out_for_guessing(api, viewer, known, settings):
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(3):
        api.post(LOGIN, {"username": "viewer", "password": "forgotten"})
    assert AccessAttempt.objects.exists()
    confirm(api, known)
    assert api.post(LOGIN, {"username": "viewer", "password": NEW}).status_code == 200


def test_it_verifies_the_address_that_the_link_was_sent_to(api, viewer):
    User.objects.update(verified_email="")
    api.post(ASK, {"email": "viewer@example.org"})
    new_mails()
    confirm(api, token())
    viewer.refresh_from_db()
    assert viewer.deliverable_email == "viewer@example.org"


@pytest.mark.parametrize("change", ["password", "address", "login", "old", "inactive", "erased", "another's"])
def test_it_refuses_a_link_that_something_has_outdated(api, viewer, known, monkeypatch, change):
    if change == "password":
        viewer.set_password("a-better-one")
        viewer.save()
    if change == "address":
        User.objects.update(email="other@example.org")
    if change == "login":
        api.post(LOGIN, {"username": "viewer", "password": OLD})
    if change == "old":
        later = datetime.now() + timedelta(hours=1, seconds=2)  # noqa: DTZ005  # as Django has it
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: later)
    if change == "inactive":
        User.objects.update(is_active=False)
    if change == "erased":
        viewer.delete()
    if change == "another's":
        other = User.objects.create_user("other", "other@example.org", "a-password")
        known = f"{passwords.reset_token(other).partition('.')[0]}.{known.partition('.')[2]}"
    stored = set(User.objects.values_list("password", flat=True))
    assert is_refused(confirm(api, known))
    assert set(User.objects.values_list("password", flat=True)) == stored


def test_it_works_for_an_hour(api, viewer, known, monkeypatch):
    later = datetime.now() + timedelta(minutes=59)  # noqa: DTZ005
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: later)
    assert confirm(api, known).status_code == 204


@pytest.mark.parametrize(
    "made_up",
    [
        "x", ".", "..", "MQ", "MQ.", "MQ.a-b", "!.a-b", "4pyT.c8x-1", "MQ.\u0661-b", "\u00e9.\u00e9-\u00e9", "-" * 900,
        "LTE.a-b", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ.a-b", "MQ." + "z" * 14 + "-b",
    ],
)  # fmt: skip
def test_it_refuses_any_garbage(api, viewer, made_up):
    assert is_refused(confirm(api, made_up))


@pytest.mark.parametrize("field", ["token", "new_password"])
@pytest.mark.parametrize("value", ["", "nul\0byte", "x" * 1001, [], {}, None])
def test_it_refuses_what_cannot_be(api, viewer, known, field, value):
    answer = api.post(URL, {"token": known, "new_password": NEW} | {field: value})
    assert (answer.status_code, list(errors(answer))) == (400, [field])
    viewer.refresh_from_db()
    assert viewer.check_password(OLD)


@pytest.mark.parametrize("weak", ["short", "password123", "81726354", "viewer@example.org"])
def test_it_refuses_a_weak_password_and_the_link_still_works(api, known, weak):
    answer = confirm(api, known, weak)
    assert (answer.status_code, errors(answer)) == (400, {"new_password": "weak_password"})
    assert confirm(api, known).status_code == 204


def test_it_says_all_that_is_wrong_at_once(api, viewer):
    assert errors(confirm(api, "made up", "123")) == {"token": "bad_link", "new_password": "weak_password"}


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_win_when_many_use_a_link_at_once(viewer):
    link = passwords.reset_token(viewer)
    requests = [partial(confirm, APIClient(), link, f"{NEW} {n}") for n in range(6)]
    answers = [answer.status_code for answer in at_once(requests)]
    assert sorted(answers) == [204] + [400] * 5
    viewer.refresh_from_db()
    assert viewer.check_password(f"{NEW} {answers.index(204)}")
    assert AccountMail.objects.filter(kind=AccountMail.Kind.NEW_PASSWORD).count() == 1
