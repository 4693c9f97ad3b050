"""Hosts that share a database need one SECRET_KEY, and are told if they have several."""

import os
import signal
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command

from netflix.accounts import signing_key
from netflix.accounts.models import SigningKey
from netflix.tests.servers import url_of_the_test_database

KEYS = ["one-key-of-an-installation" * 2, "another-key-of-an-installation" * 2]


def prepare(*arguments):
    errors = StringIO()
    call_command("prepare", *arguments, stdout=StringIO(), stderr=errors)
    return errors.getvalue()


@pytest.mark.django_db
def test_it_warns_of_another_key_until_it_is_told_that_the_key_is_new(settings):
    settings.MAX_MOVIES = 1
    settings.SECRET_KEY = KEYS[0]
    assert prepare() == prepare() == ""
    noted = SigningKey.objects.get().fingerprint
    settings.SECRET_KEY = KEYS[1]
    for _ in range(2):
        warning = prepare()
        assert "Hosts that share a database need the same SECRET_KEY" in warning
        assert "prepare --new-secret-key" in warning
        assert SigningKey.objects.get().fingerprint == noted
    assert prepare("--new-secret-key") == prepare() == ""
    assert SigningKey.objects.get().fingerprint != noted


@pytest.mark.django_db
def test_it_keeps_nothing_of_the_key(settings):
    prints = set()
    for settings.SECRET_KEY in KEYS:
        signing_key.store_fingerprint(is_new=True)
        prints.add(SigningKey.objects.get().fingerprint)
        assert not any(text in settings.SECRET_KEY for text in prints)
    assert [len(text) for text in prints] == [16, 16]


def web(**environment):
    """What a web process says while it begins, once its threads have ended."""
    begin = "import threading, netflix.wsgi; [thread.join() for thread in threading.enumerate()[1:]]"
    ended = subprocess.run(
        [sys.executable, "-c", begin],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stderr


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_tells_a_web_process_when_it_begins_and_needs_no_database(settings):
    settings.SECRET_KEY = KEYS[0]
    signing_key.store_fingerprint()
    url = url_of_the_test_database()
    assert web(SECRET_KEY=KEYS[0], DATABASE_URL=url) == ""
    assert "Hosts that share a database need the same SECRET_KEY" in web(SECRET_KEY=KEYS[1], DATABASE_URL=url)
    assert web(SECRET_KEY=KEYS[1], DATABASE_URL="postgres://me@127.0.0.1:1/away") == ""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_tells_a_worker_when_it_begins(settings):
    settings.SECRET_KEY = KEYS[0]
    signing_key.store_fingerprint()
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "netflix", "worker", "--pool", "solo", "--queues", f"test-{os.getpid()}"],
        env=os.environ | {"DATABASE_URL": url_of_the_test_database(), "SECRET_KEY": KEYS[1]},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert any("Hosts that share a database need the same SECRET_KEY" in line for line in worker.stderr)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=30)
