from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from netflix.accounts import email_addresses, passwords, services
from netflix.accounts.models import AccountMail, EmailCheck, User
from netflix.accounts.tests.clients import errors, logged_in
from netflix.accounts.tests.mailbox import link, new_mails, token
from netflix.tests.meanwhile import at_once

pytestmark = pytest.mark.django_db
URL, VERIFY, SEND = (f"/api/v1/auth/{name}/" for name in ("email/change", "verify-email", "verify-email/send"))
PASSWORD, OLD, NEW = "a-viewers-password", "viewer@example.org", "new@example.org"


@pytest.fixture
def mine(viewer):
    return logged_in(viewer)


def ask(client, address=NEW, password=PASSWORD):
    return client.post(URL, {"email": address, "password": password})


def addresses():
    return User.objects.values_list("email", "verified_email").get(username="viewer")


def test_it_changes_the_address_when_the_new_one_is_confirmed_and_tells_the_old_one(mine, api, settings):
    settings.EMAIL_CONFIRM_URL = "https://app.example.com/confirm"
    assert ask(mine).status_code == 204
    assert addresses() == (OLD, OLD)
    assert new_mails() == [(NEW, "Confirm your e-mail address")]
    assert link().startswith("https://app.example.com/confirm#token=")
    known = token()
    assert api.post(VERIFY, {"token": known}).status_code == 204
    assert addresses() == (NEW, NEW)
    assert new_mails() == [(OLD, "Your e-mail address was changed")]
    assert NEW not in mail.outbox[0].body  # the old mailbox may be a stranger's by now
    assert api.post(VERIFY, {"token": known}).status_code == 204
    assert new_mails() == []


def test_it_tells_no_old_address_that_was_never_confirmed(mine, api):
    User.objects.update(verified_email="")
    ask(mine)
    new_mails()
    api.post(VERIFY, {"token": token()})
    assert addresses() == (NEW, NEW)
    assert new_mails() == []


def test_it_does_not_tell_that_an_address_is_known(mine):
    User.objects.create_user("other", NEW, "a-password", verified_email=NEW)
    assert ask(mine).status_code == 204
    assert new_mails() == [(NEW, "Confirm your e-mail address")]


def test_it_takes_the_newest_wish_alone(mine, api):
    ask(mine, "first@example.org")
    new_mails()
    first = token()
    ask(mine)
    new_mails()
    assert api.post(VERIFY, {"token": first}).status_code == 400
    assert addresses() == (OLD, OLD)
    assert api.post(VERIFY, {"token": token()}).status_code == 204


def test_it_uses_a_link_once(mine, api, viewer):
    ask(mine)
    new_mails()
    known = token()
    api.post(VERIFY, {"token": known})
    User.objects.update(email=OLD, verified_email=OLD)  # changed back since
    assert api.post(VERIFY, {"token": known}).status_code == 400
    assert addresses() == (OLD, OLD)


@pytest.mark.parametrize("change", ["password", "reset", "disowned", "erased", "old"])
def test_it_refuses_a_link_that_something_has_outdated(mine, api, client, viewer, monkeypatch, change):
    ask(mine)
    new_mails()
    known = token()
    if change == "password":
        passwords.change(viewer, password="another horse battery", token_to_keep=None)
    if change == "reset":
        passwords.reset(passwords.reset_token(viewer), password="another horse battery")
    if change == "disowned":
        client.post("/verify-email/", {"token": known, "disown": "1"})
    if change == "erased":
        viewer.delete()
    if change == "old":
        later = timezone.now().timestamp() + timedelta(days=3, minutes=1).total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    answer = api.post(VERIFY, {"token": known})
    assert (answer.status_code, errors(answer)) == (400, {"token": "bad_link"})
    assert set(User.objects.values_list("email", flat=True)) <= {OLD}


def test_it_sends_nothing_after_a_new_password(mine, viewer):
    ask(mine)
    passwords.change(viewer, password="another horse battery", token_to_keep=None)
    assert [subject for _, subject in new_mails()] == ["Your password was changed"]


def test_it_keeps_the_old_address_for_all_that_is_sent_meanwhile(mine, viewer):
    ask(mine)
    viewer.refresh_from_db()
    assert viewer.deliverable_email == OLD


def test_it_can_still_confirm_the_first_address(mine, api, viewer):
    User.objects.update(verified_email="")
    first = email_addresses.token_for(viewer, OLD)
    ask(mine)
    assert api.post(VERIFY, {"token": first}).status_code == 204
    assert addresses() == (OLD, OLD)
    new_mails()
    assert api.post(VERIFY, {"token": token()}).status_code == 204
    assert addresses() == (NEW, NEW)


def test_it_asks_for_the_password(mine):
    answer = ask(mine, password="wrong")
    assert (answer.status_code, errors(answer)) == (400, {"password": "wrong_password"})
    assert not EmailCheck.objects.exists()


def test_it_locks_out_who_guesses_the_password(mine, settings):
    settings.AXES_FAILURE_LIMIT = 2
    assert [ask(mine, password=f"guess {n}").status_code for n in range(2)] == [400, 429]
    assert ask(mine).json()["code"] == "locked_out"
    assert not EmailCheck.objects.exists()


def test_it_lets_nothing_begin_that_the_old_password_allowed(viewer):
    checked = User.objects.get(pk=viewer.pk)
    passwords.change(viewer, password="another horse battery", token_to_keep=None)
    with pytest.raises(services.PasswordChanged):
        email_addresses.queue_change_link(checked, address="attacker@example.org")
    assert not EmailCheck.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["", "no address", "a\0@example.org", "a@example.org\nBcc: b@example.org", "x" * 5000 + "@example.org", [], None,
     "\u00fcnn@example.org", "a@b\u05d0.org", "ann@localhost"],
)  # fmt: skip
def test_it_refuses_what_is_no_address_and_says_all_that_is_wrong(mine, address):
    answer = ask(mine, address, password="wrong")
    assert (answer.status_code, set(errors(answer))) == (400, {"email", "password"})
    assert not EmailCheck.objects.exists()


def test_it_knows_nobody_without_a_login(api, viewer):
    assert ask(api).status_code == 401
    assert not EmailCheck.objects.exists()


def test_it_sends_three_a_day_to_an_address(mine, settings):
    settings.THROTTLE_RATES = {"email": (3, 86400)}
    address = f"new-{timezone.now().timestamp()}@example.org"
    answers = [ask(mine, address.replace("@", f"+{n}@")) for n in range(4)]
    assert [answer.status_code for answer in answers] == [204] * 3 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 80_000


@pytest.mark.django_db(transaction=True)
def test_it_changes_once_when_many_confirm_at_once(viewer):
    email_addresses.queue_change_link(viewer, address=NEW)
    link = email_addresses.token_for(viewer, NEW)
    answers = at_once([lambda: APIClient().post(VERIFY, {"token": link})] * 6)
    assert {answer.status_code for answer in answers} == {204}
    assert addresses() == (NEW, NEW)
    assert AccountMail.objects.filter(kind=AccountMail.Kind.NEW_ADDRESS).count() == 1
