"""The pages that links in e-mails open: without JavaScript, and with no token in an address."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from netflix.accounts import email_addresses, passwords
from netflix.accounts.models import AccountMail, User
from netflix.accounts.tests.mailbox import new_mails

pytestmark = pytest.mark.django_db
VERIFY, RESET = "/verify-email/", "/reset-password/"
NEW = "another horse battery"


@pytest.fixture
def user(viewer):
    User.objects.update(verified_email="")
    viewer.refresh_from_db()
    return viewer


@pytest.fixture
def tokens(user):
    return {VERIFY: email_addresses.token_for(user, user.email), RESET: passwords.reset_token(user)}


def shown(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize("page", [VERIFY, RESET])
def test_it_asks_for_the_code_until_a_script_has_sent_it(client, page):
    html = shown(client.get(page))
    assert '<input id="token" name="token"' in html
    assert 'accounts/open_link.js"' in html


@pytest.mark.parametrize("page", [VERIFY, RESET])
def test_it_lets_a_page_load_only_our_own_files_and_be_kept_by_nobody(client, tokens, page):
    for answer in (client.get(page), client.post(page, {"token": tokens[page]}), client.post(page)):
        directives = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
        assert directives["default-src"] == "'none'"
        assert {directives[name] for name in ("script-src", "style-src", "form-action", "img-src")} == {"'self'"}
        assert "no-store" in answer["Cache-Control"]
        html = shown(answer)
        assert "<style" not in html
        assert all("src=" in script.split(">")[0] for script in html.split("<script")[1:])
        assert " style=" not in html


@pytest.mark.parametrize("page", [VERIFY, RESET])
def test_it_changes_nothing_by_being_opened(client, user, tokens, page):
    before = User.objects.values().get()
    for answer in (
        client.get(page),
        client.get(page, {"token": tokens[page]}),
        client.post(page, {"token": tokens[page]}),
    ):
        assert answer.status_code == 200
    assert User.objects.values().get() == before


@pytest.mark.parametrize("page", [VERIFY, RESET])
@pytest.mark.parametrize("token", ["", "made up", "nul\0byte", "\u4e2d", "x" * 100_000])
def test_it_says_that_a_link_does_not_work(client, user, page, token):
    for more in ({}, {"confirm": "1"}, {"disown": "1"}, {"new_password1": NEW, "new_password2": NEW}):
        answer = client.post(page, {"token": token} | more)
        assert (answer.status_code, "This link does not work" in shown(answer)) == (400, True)
    user.refresh_from_db()
    assert (user.deliverable_email, user.check_password(NEW)) == ("", False)


@pytest.mark.parametrize("page", [VERIFY, RESET])
def test_it_accepts_no_form_of_another_site(tokens, user, page):
    client = Client(enforce_csrf_checks=True)
    form = {"token": tokens[page], "confirm": "1", "new_password1": NEW, "new_password2": NEW}
    assert client.post(page, form).status_code == 403
    user.refresh_from_db()
    assert (user.deliverable_email, user.check_password(NEW)) == ("", False)


@pytest.mark.parametrize("page", [VERIFY, RESET])
def test_it_writes_no_token_into_the_log(client, tokens, page, caplog):
    caplog.set_level("DEBUG")
    for form in ({"token": tokens[page]}, {"token": tokens[page], "disown": "1", "new_password1": "x"}):
        client.get(page)
        client.post(page, form)
    logged = [str(record.__dict__) for record in caplog.records if "django.db" not in record.name]
    assert any(f"POST {page}" in line for line in logged)
    assert not any(tokens[page] in line for line in logged)


@pytest.mark.parametrize("page", [VERIFY, RESET])
def test_it_is_limited_as_logins_are(client, page, settings, monkeypatch):
    counted = []
    monkeypatch.setattr("netflix.api.throttles.count", lambda *counting: counted.append(counting))
    client.post(page)
    assert counted == [("login", "127.0.0.1")]


def test_it_shows_an_address_and_a_name_as_they_are(client, user):
    User.objects.update(username="<b>ann")
    html = shown(client.post(VERIFY, {"token": email_addresses.token_for(user, user.email)}))
    assert "&lt;b&gt;ann" in html


class TestForgotPassword:
    PAGE = "/forgot-password/"

    def test_it_sends_a_link_and_says_the_same_to_everybody(self, client, user):
        assert "Send the link" in shown(client.get(self.PAGE))
        answers = [client.post(self.PAGE, {"email": f"{name}@example.org"}) for name in ("viewer", "nobody")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert shown(answers[0]).replace("viewer@", "nobody@") == shown(answers[1])
        assert new_mails() == [("viewer@example.org", "Choose a new password")]

    @pytest.mark.parametrize("address", ["", "no address", "a\0@example.org", "x" * 999 + "@example.org", '"><b>@x'])
    def test_it_refuses_what_is_no_address(self, client, address):
        answer = client.post(self.PAGE, {"email": address})
        assert (answer.status_code, "aria-invalid" in shown(answer)) == (400, True)
        assert "<b>@x" not in shown(answer)
        assert not AccountMail.objects.exists()

    def test_it_sends_three_a_day(self, client, settings):
        settings.THROTTLE_RATES = {"email": (3, 86400)}
        address = f"ann-{timezone.now().timestamp()}@example.org"
        assert [client.post(self.PAGE, {"email": address}).status_code for _ in range(4)] == [200] * 3 + [429]

    def test_it_is_linked_where_staff_log_in_and_where_a_link_does_not_work(self, client, db):
        assert f'href="{self.PAGE}"' in shown(client.get("/admin/login/"))
        assert f'href="{self.PAGE}"' in shown(client.post(RESET))


class TestResetPassword:
    def choose(self, client, tokens, first=NEW, second=NEW):
        return client.post(RESET, {"token": tokens[RESET], "new_password1": first, "new_password2": second})

    def test_it_sets_a_new_password_once(self, client, user, tokens):
        AuthToken.objects.create(user)
        assert "For the account <b>viewer</b>" in shown(client.post(RESET, {"token": f" {tokens[RESET]} "}))
        assert "Your password is changed" in shown(self.choose(client, tokens))
        user.refresh_from_db()
        assert (user.check_password(NEW), user.deliverable_email) == (True, "viewer@example.org")
        assert not AuthToken.objects.exists()
        assert self.choose(client, tokens).status_code == 400

    @pytest.mark.parametrize(
        ("first", "second", "said"),
        [
            ("short1x", "short1x", "too short"),
            (NEW, f"{NEW} ", "match"),
            ("viewer@example.org", "viewer@example.org", "too similar"),
            ("12345678901", "12345678901", "entirely numeric"),
            ("", "", "required"),
            ("nul\0byte battery", "nul\0byte battery", "Null characters"),
            ("x y z " * 200, "x y z " * 200, "at most 1000"),
        ],
    )
    def test_it_says_what_is_wrong_and_keeps_the_link(self, client, user, tokens, first, second, said):
        answer = self.choose(client, tokens, first, second)
        assert (answer.status_code, said in shown(answer).replace("&#x27;", "'")) == (400, True)
        assert not first or first not in shown(answer)
        user.refresh_from_db()
        assert user.check_password("a-viewers-password")
        assert self.choose(client, tokens).status_code == 200
