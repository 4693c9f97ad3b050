import smtplib
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from netflix.notices.models import Notice
from netflix.notices.services import News, notify
from netflix.notices.tasks import send_emails

pytestmark = pytest.mark.django_db


def tell(user, count=1):
    notify(News(user_id=user.pk, key=str(n), subject=f"News {n}", text="Read this.") for n in range(count))


def make_due():
    Notice.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())


def test_it_sends_each_once_and_notes_when(viewer):
    tell(viewer, 205)
    send_emails()
    send_emails()
    assert len(mail.outbox) == 205
    assert mail.outbox[0].to == ["viewer@example.org"]
    assert not Notice.objects.filter(done_at=None).exists()


def test_it_names_the_message_after_the_notice_so_that_a_repeat_is_recognised(viewer):
    tell(viewer)
    send_emails()
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<notice-{Notice.objects.get().pk}@localhost>"


def test_it_has_nobody_to_send_to_without_an_address():
    tell(get_user_model().objects.create_user("no-address"))
    send_emails()
    assert not mail.outbox
    assert Notice.objects.get().next_attempt_at is None


def test_it_tries_again_later_and_gives_up_in_the_end(viewer, monkeypatch):
    def refuse(*arguments):
        raise smtplib.SMTPServerDisconnected("away")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    tell(viewer)
    for attempt in range(1, 6):
        send_emails()
        send_emails()  # not due yet
        assert Notice.objects.get().attempts == attempt
        make_due()
    send_emails()
    notice = Notice.objects.get()
    assert (notice.attempts, notice.next_attempt_at, notice.done_at) == (5, None, None)
    assert (notice.dead_at is not None, notice.last_error) == (True, "SMTPServerDisconnected")


def test_it_waits_longer_after_each_failure(viewer, monkeypatch):
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(OSError("away")))
    tell(viewer)
    waits = []
    for _ in range(4):
        send_emails()
        waits.append(Notice.objects.get().next_attempt_at - timezone.now())
        make_due()
    for wait, most in zip(waits, (5, 10, 20, 40), strict=True):
        assert timedelta(minutes=most / 2) - timedelta(seconds=5) < wait <= timedelta(minutes=most)


def test_it_goes_on_with_the_others_when_one_fails(viewer, monkeypatch):
    send = EmailBackend.send_messages

    def refuse_first(self, messages):
        if messages[0].subject == "News 0":
            raise OSError("away")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse_first)
    tell(viewer, 3)
    send_emails()
    assert [message.subject for message in mail.outbox] == ["News 1", "News 2"]
