"""Whose an address is: a link is sent there, and nothing else before it came back."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from netflix.accounts import email_addresses
from netflix.accounts.models import EmailCheck, User
from netflix.accounts.tasks import send_email_links
from netflix.accounts.tests.mailbox import link, token
from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, notify
from netflix.notices.tasks import send_emails

pytestmark = pytest.mark.django_db
PAGE = "/verify-email/"
REGISTER, VERIFY, SEND = (f"/api/v1/auth/{name}/" for name in ("register", "verify-email", "verify-email/send"))


@pytest.fixture
def ann(api):
    answer = api.post(REGISTER, {"username": "ann", "email": "ann@example.org", "password": "correct horse battery"})
    assert answer.json()["email_verified"] is False
    return User.objects.get()


@pytest.fixture
def ann_api(ann, api):
    api.force_authenticate(ann)
    return api


def test_it_sends_one_link_to_who_signs_up(ann, settings):
    send_email_links()
    send_email_links()
    (message,) = mail.outbox
    assert message.to == ["ann@example.org"]
    assert link().startswith(f"{settings.PUBLIC_URL}/verify-email/#token=")
    assert "ann" not in message.body.replace(link(), "")  # nothing that the person wrote


def test_it_is_verified_by_a_button_that_no_mail_program_presses(ann, client):
    send_email_links()
    html = client.post(PAGE, {"token": token()}).content.decode()
    assert "Yes, it is my address" in html
    assert "<b>ann@example.org</b> belong to the account <b>ann</b>" in html
    ann.refresh_from_db()
    assert ann.deliverable_email == ""
    for _ in range(2):
        assert "is confirmed" in client.post(PAGE, {"token": token(), "confirm": "1"}).content.decode()
    ann.refresh_from_db()
    assert ann.deliverable_email == "ann@example.org"


def test_it_is_verified_by_an_app(ann, api):
    send_email_links()
    assert api.post(VERIFY, {"token": token()}).status_code == 204
    ann.refresh_from_db()
    assert ann.deliverable_email == "ann@example.org"


@pytest.mark.parametrize("change", ["forged", "old", "address", "erased"])
def test_it_refuses_a_link_that_shows_nothing(ann, api, client, monkeypatch, change):
    known = email_addresses.token_for(ann, ann.email)
    if change == "forged":
        known = known[:-1] + ("a" if known[-1] != "a" else "b")
    if change == "old":
        later = timezone.now().timestamp() + timedelta(days=3, minutes=1).total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    if change == "address":
        User.objects.update(email="other@example.org")
    if change == "erased":
        ann.delete()
    answer = api.post(VERIFY, {"token": known})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "bad_link")
    page = client.post(PAGE, {"token": known, "confirm": "1"})
    assert (page.status_code, "does not work" in page.content.decode()) == (400, True)
    assert not User.objects.exclude(verified_email="").exists()


def test_it_sends_nothing_else_before(ann, ann_api):
    notify([NewNotice(user_id=ann.pk, key="1", subject="Buy at my shop", text="A note of my own wording.")])
    assert ann_api.get("/api/v1/notices/").json()["results"][0]["email_status"] == "waiting"
    send_emails()
    assert not mail.outbox
    assert ann_api.get("/api/v1/notices/").json()["results"][0]["email_status"] == "no_verified_address"
    Notice.objects.update(sent_at=timezone.now() - timedelta(days=4))  # no news any more
    email_addresses.verify(email_addresses.token_for(ann, ann.email))
    notify([NewNotice(user_id=ann.pk, key="2", subject="Due", text="Now.", link="/api/v1/movies/1/")])
    send_emails()
    (message,) = mail.outbox
    assert message.subject == "Due"
    assert message.body.endswith("http://localhost:8000/api/v1/movies/1/")
    newest = ann_api.get("/api/v1/notices/").json()["results"][0]
    assert (newest["email_status"], newest["link"]) == ("sent", "http://localhost:8000/api/v1/movies/1/")


def test_it_sends_what_waited_for_the_address(ann):
    """Such as the answer to a ticket that was opened before the link was."""
    notify([NewNotice(user_id=ann.pk, key="1", subject="Your ticket", text="A service order.")])
    send_emails()
    assert not mail.outbox
    for _ in range(2):
        email_addresses.verify(email_addresses.token_for(ann, ann.email))
        send_emails()
    assert [message.subject for message in mail.outbox] == ["Your ticket"]


def test_it_takes_the_address_from_an_account_that_is_somebody_elses(ann, client):
    send_email_links()
    form = {"token": token(), "disown": "1"}
    assert "was taken from that account" in client.post(PAGE, form).content.decode()
    ann.refresh_from_db()
    assert (ann.email, ann.deliverable_email) == ("", "")
    assert client.post(PAGE, form).status_code == 400


def test_it_sends_nothing_to_an_address_that_was_changed(ann):
    email_addresses.verify(email_addresses.token_for(ann, ann.email))
    User.objects.update(email="other@example.org")
    notify([NewNotice(user_id=ann.pk, key="1", subject="s", text="t")])
    send_emails()
    assert not mail.outbox
    assert Notice.objects.get().next_attempt_at is None


def test_it_sends_the_link_again_when_asked(ann, ann_api):
    send_email_links()
    assert ann_api.post(SEND).json()["email_verified"] is False
    send_email_links()
    assert len(mail.outbox) == 2
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first != second  # no repeat, which a mail program might drop
    ann_api.post(VERIFY, {"token": token()})
    assert ann_api.post(SEND).status_code == 200
    send_email_links()
    assert len(mail.outbox) == 2


def test_it_sends_three_a_day_to_an_address_whoever_asks(api, settings):
    settings.THROTTLE_RATES = {"email": (3, 86400)}
    victim = f"victim-{timezone.now().timestamp()}@example.org"
    for n in range(5):
        address = victim.upper() if n % 2 else victim.replace("@", f"+{n}@")
        body = {"username": f"attacker{n}", "email": address, "password": "correct horse"}
        assert api.post(REGISTER, body).status_code == 201
    send_email_links()
    assert len(mail.outbox) == 3
    api.force_authenticate(User.objects.get(username="attacker0"))
    assert api.post(SEND).status_code == 429


def test_it_asks_for_a_login_to_send_a_link(api):
    assert api.post(SEND).status_code == 401
    assert not EmailCheck.objects.exists()
