"""A real worker process takes a real message from a real Redis."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from knox.models import AuthToken

from netflix.accounts.models import User
from netflix.accounts.tasks import remove_expired_logins
from netflix.tests.servers import url_of_the_test_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_it_runs_a_task_in_a_worker_and_stops_when_told(tmp_path):
    viewer = User.objects.create_user("viewer", password="a-viewers-password")
    AuthToken.objects.create(viewer, expiry=timedelta(seconds=-1))
    queue = f"test-{os.getpid()}"
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database()}
    command = [sys.executable, "-m", "celery", "--app", "netflix", "worker", "--pool", "solo", "--queues", queue]
    with (tmp_path / "log").open("w") as log:
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        remove_expired_logins.apply_async(queue=queue)
        deadline = time.monotonic() + 120
        while AuthToken.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not AuthToken.objects.exists(), (tmp_path / "log").read_text()
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(120) == 0
        connection.close()


def test_it_speaks_json_only_and_loses_no_task_to_a_dead_worker():
    app: Celery = remove_expired_logins.app
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.broker_url == settings.REDIS_URL


def test_it_schedules_tasks_that_exist():
    app: Celery = remove_expired_logins.app
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
