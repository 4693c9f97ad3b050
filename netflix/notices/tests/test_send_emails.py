import smtplib
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from netflix.notices import services
from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, notify
from netflix.notices.tasks import send_emails
from netflix.outbox.mail import mail_circuit

pytestmark = pytest.mark.django_db


def tell(user, count=1):
    notify(NewNotice(user_id=user.pk, key=str(n), subject=f"News {n}", text="Read this.") for n in range(count))


def make_due():
    Notice.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())


def test_it_sends_each_once_and_notes_when(viewer):
    tell(viewer, 205)
    while services.send_emails():  # each run takes a few seconds at most
        pass
    assert len(mail.outbox) == 205
    assert mail.outbox[0].to == ["viewer@example.org"]
    assert not Notice.objects.filter(done_at=None).exists()


def test_it_names_the_message_after_the_notice_so_that_a_repeat_is_recognised(viewer):
    tell(viewer)
    send_emails()
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<notice-{Notice.objects.get().pk}@localhost>"


def test_it_has_nobody_to_send_to_without_a_verified_address():
    tell(get_user_model().objects.create_user("no-address"))
    tell(get_user_model().objects.create_user("unverified", "somebody@example.org"))
    send_emails()
    assert not mail.outbox
    assert set(Notice.objects.values_list("next_attempt_at", "attempts")) == {(None, 0)}


class Server:
    """A mail server that refuses, hangs up or is away, as told."""

    def __init__(self, monkeypatch):
        self.opened = 0
        self.error_for = {}  # by subject
        self.away = False
        self.goes_away_at = ""
        send = EmailBackend.send_messages

        def open_connection(backend):
            self.opened += 1
            if self.away:
                raise ConnectionRefusedError("away")

        def send_messages(backend, messages):
            (message,) = messages
            self.away |= message.subject == self.goes_away_at
            if message.subject in self.error_for:
                raise self.error_for[message.subject]
            return send(backend, messages)

        monkeypatch.setattr(EmailBackend, "open", open_connection)
        monkeypatch.setattr(EmailBackend, "send_messages", send_messages)


@pytest.fixture
def server(monkeypatch):
    mail_circuit.reset()
    yield Server(monkeypatch)
    mail_circuit.reset()


REFUSED = smtplib.SMTPRecipientsRefused({"viewer@example.org": (550, b"unknown")})


def test_it_tries_again_later_and_gives_up_in_the_end(viewer, server):
    server.error_for = {"News 0": REFUSED}
    tell(viewer)
    for attempt in range(1, 6):
        send_emails()
        send_emails()  # not due yet
        assert Notice.objects.get().attempts == attempt
        make_due()
    send_emails()
    notice = Notice.objects.get()
    assert (notice.attempts, notice.next_attempt_at, notice.done_at) == (5, None, None)
    assert (notice.dead_at is not None, notice.last_error) == (True, "SMTPRecipientsRefused")


def test_it_waits_longer_after_each_failure(viewer, server):
    server.error_for = {"News 0": REFUSED}
    tell(viewer)
    waits = []
    for _ in range(4):
        send_emails()
        waits.append(Notice.objects.get().next_attempt_at - timezone.now())
        make_due()
    for wait, most in zip(waits, (5, 10, 20, 40), strict=True):
        assert timedelta(minutes=most / 2) - timedelta(seconds=5) < wait <= timedelta(minutes=most)


@pytest.mark.parametrize(
    "error",
    [REFUSED, UnicodeError("label too long"), ValueError("header"), smtplib.SMTPServerDisconnected("at this message")],
    ids=lambda error: type(error).__name__,
)
def test_it_goes_on_with_the_others_when_one_fails(viewer, server, error):
    server.error_for = {"News 0": error}
    tell(viewer, 12)
    send_emails()
    assert [message.subject for message in mail.outbox] == [f"News {n}" for n in range(1, 12)]
    assert sorted(Notice.objects.values_list("attempts", flat=True)) == [1] * 12


def test_it_sends_what_a_mail_library_cannot_spell_to_nobody_and_the_rest_to_everybody(viewer):
    """As an address that was stored before addresses were checked."""
    stored = {"email": "a@bא.org", "verified_email": "a@bא.org"}
    tell(get_user_model().objects.create_user("odd", **stored))
    tell(viewer)
    send_emails()
    assert [message.to for message in mail.outbox] == [["viewer@example.org"]]
    assert Notice.objects.get(user__username="odd").last_error == "UnicodeError"


def test_it_opens_one_connection_for_a_batch(viewer, server):
    tell(viewer, 10)
    send_emails()
    assert (len(mail.outbox), server.opened) == (10, 1)


def test_it_counts_no_attempt_while_the_server_is_away_and_does_not_ask_each_time(viewer, server):
    server.away = True
    tell(viewer, 25)
    for _ in range(20):
        make_due()
        send_emails()
    assert server.opened == 1
    assert set(Notice.objects.values_list("attempts", flat=True)) == {0}
    server.away = False
    mail_circuit.reset()
    make_due()
    send_emails()
    assert len(mail.outbox) == 25


BUSY = (421, b"too many messages")


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"viewer@example.org": BUSY}),
        smtplib.SMTPDataError(*BUSY),
        smtplib.SMTPSenderRefused(*BUSY, "service@example.org"),
    ],
    ids=repr,
)
def test_it_waits_for_a_server_that_is_too_busy_and_blames_no_message(viewer, server, error):
    server.error_for = {f"News {n}": error for n in range(2, 10)}
    tell(viewer, 10)
    send_emails()
    assert len(mail.outbox) == 2
    assert set(Notice.objects.filter(done_at=None).values_list("attempts", flat=True)) == {0}


def test_it_takes_the_attempt_back_when_the_server_goes_away_half_way(viewer, server):
    server.error_for = {"News 3": OSError("broken")}
    server.goes_away_at = "News 3"  # and no other connection can be made
    tell(viewer, 10)
    send_emails()
    assert len(mail.outbox) == 3
    waiting = Notice.objects.filter(done_at=None)
    assert set(waiting.values_list("attempts", flat=True)) == {0}
    assert waiting.count() == 7
    soonest = waiting.earliest("next_attempt_at").next_attempt_at
    assert timedelta(seconds=50) < soonest - timezone.now() < timedelta(seconds=70)


def test_it_sends_one_though_the_server_takes_long_to_let_us_in(viewer, server, monkeypatch):
    clock = iter(range(0, 10_000, 4))
    monkeypatch.setattr("netflix.outbox.mail.time.monotonic", lambda: next(clock))
    tell(viewer, 3)
    send_emails()
    assert len(mail.outbox) == 1


def test_it_sends_what_waited_for_an_address_that_was_shown_meanwhile(server, monkeypatch):
    """The address is confirmed after its e-mail was claimed, and before it was its turn."""
    person = get_user_model().objects.create_user("late", "late@example.org")
    tell(person)
    compose = services.compose_email

    def confirmed_meanwhile(notice):
        message = compose(notice)
        if message is None and not person.verified_email:
            person.verified_email = person.email
            person.save()
            services.queue_waiting_emails(person.pk)
        return message

    monkeypatch.setattr(services, "compose_email", confirmed_meanwhile)
    send_emails()
    assert [message.to for message in mail.outbox] == [["late@example.org"]]
    assert Notice.objects.get().done_at is not None


def test_it_counts_an_attempt_for_an_email_that_cannot_be_composed_and_sends_the_others(viewer, monkeypatch):
    tell(viewer, 3)
    compose = services.compose_email

    def compose_all_but_one(notice):
        if notice.subject == "News 1":
            raise ValueError(notice.subject)
        return compose(notice)

    monkeypatch.setattr(services, "compose_email", compose_all_but_one)
    send_emails()
    assert [message.subject for message in mail.outbox] == ["News 0", "News 2"]
    failed = Notice.objects.get(subject="News 1")
    assert (failed.attempts, failed.last_error, failed.done_at) == (1, "ValueError", None)


def test_it_sends_nothing_that_somebody_else_has_begun_meanwhile(viewer, server, monkeypatch):
    """The first took longer than the lease of all: another worker is sending the second."""
    tell(viewer, 3)
    send = EmailBackend.send_messages

    def slowly(backend, messages):
        Notice.objects.filter(subject="News 1", attempts=0).update(attempts=1)
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", slowly)
    send_emails()
    assert [message.subject for message in mail.outbox] == ["News 0", "News 2"]


def test_it_sends_to_the_address_of_the_moment(viewer, server, monkeypatch):
    tell(viewer, 3)
    send = EmailBackend.send_messages

    def and_forget_the_address(backend, messages):
        get_user_model().objects.update(verified_email="")
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", and_forget_the_address)
    send_emails()
    assert len(mail.outbox) == 1


def test_it_leaves_the_rest_for_the_next_run_when_the_server_is_slow(viewer, server, monkeypatch):
    clock = iter(range(0, 10_000, 2))
    monkeypatch.setattr("netflix.outbox.mail.time.monotonic", lambda: next(clock))
    tell(viewer, 30)
    send_emails()
    assert 0 < len(mail.outbox) < 5
    assert not Notice.objects.filter(attempts__gt=0, done_at=None).exists()
    send_emails()  # at once: nothing is held back
    assert len(mail.outbox) > 3
