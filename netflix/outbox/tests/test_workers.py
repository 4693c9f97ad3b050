"""Two real workers share an outbox, and one of them is killed: e-mails, because those show who did what."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, notify
from netflix.notices.tasks import send_emails
from netflix.tests.meanwhile import eventually
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.slow
COUNT = 60
# A mail server that takes its time, so that there is a moment to be killed in. It notes each e-mail it takes, and waits
# with the first until the other worker sends too. The files are empty: a kill could interrupt writing.
SLOW_MAIL = """
import os, time
from pathlib import Path
from django.core.mail.backends.base import BaseEmailBackend

class EmailBackend(BaseEmailBackend):
    def send_messages(self, messages):
        for message in messages:
            mailbox = Path(os.environ["MAILBOX"])
            (mailbox / f"{time.time_ns()} {os.getpid()} {message.extra_headers['Message-ID']}").touch()
            deadline = time.monotonic() + 60
            while len({file.name.split()[1] for file in mailbox.iterdir()}) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.05)
        return len(messages)
"""


@pytest.mark.django_db(transaction=True)
def test_it_loses_nothing_when_one_of_two_workers_is_killed(tmp_path):
    mailbox = tmp_path / "mailbox"
    mailbox.mkdir()
    (tmp_path / "slow_mail.py").write_text(SLOW_MAIL)
    viewer = User.objects.create_user("viewer", "viewer@example.org", verified_email="viewer@example.org")
    notify(NewNotice(user_id=viewer.pk, key=str(n), subject=f"News {n}", text="Read this.") for n in range(COUNT))
    queue = f"test-outbox-{os.getpid()}"
    environment = os.environ | {
        "DATABASE_URL": url_of_the_test_database(),
        "PYTHONPATH": str(tmp_path),
        "MAILBOX": str(mailbox),
    }
    program = (
        "from django.conf import settings; settings.EMAIL_BACKEND = 'slow_mail.EmailBackend'\n"
        f"from netflix.celery import app; app.worker_main(['worker', '--pool', 'solo', '-Q', '{queue}'])"
    )

    def start():
        with (tmp_path / "log").open("a") as log:
            return subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=log, stderr=log)

    def senders():
        return Counter(file.name.split()[1] for file in mailbox.iterdir())

    workers = [start(), start()]
    try:
        for _ in range(COUNT):  # a run ends after a few seconds, but sends at least one
            send_emails.apply_async(queue=queue)
        eventually(lambda: len(senders()) == 2)
        victim, survivor = workers
        victim.send_signal(signal.SIGKILL)
        victim.wait(10)
        eventually(lambda: Notice.objects.filter(done_at=None).count() <= 10)  # what the dead one had claimed
        assert Notice.objects.exclude(done_at=None).count() >= COUNT - 10
        Notice.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())  # its lease is over
        for _ in range(10):
            send_emails.apply_async(queue=queue)
        eventually(lambda: not Notice.objects.filter(done_at=None).exists())
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(30)
        connection.close()
    assert survivor.returncode == 0
    sent = Counter(file.name.split()[2] for file in mailbox.iterdir())
    assert len(sent) == COUNT
    assert sum(sent.values()) - COUNT <= 1  # the one that was killed between sending and noting it
    assert Notice.objects.filter(attempts=1).count() >= COUNT - 1
