"""A ticket from the POST to its service order, with a real Redis and a real worker."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection

from netflix.notices.models import Notice
from netflix.tests.meanwhile import SECONDS
from netflix.tests.servers import url_of_the_test_database
from support.models import Heartbeat, ServiceOrder
from support.tasks import heartbeat

pytestmark = pytest.mark.slow


@pytest.fixture
def published():
    """Let tickets reach the queue."""


@pytest.fixture
def worker(tmp_path, settings):
    settings.SUPPORT_QUEUE = f"test-support-{os.getpid()}"
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database()}
    command = [
        sys.executable, "-m", "celery", "--app", "netflix", "worker", "--concurrency", "1", "--loglevel", "INFO",
        "--queues", settings.SUPPORT_QUEUE,
    ]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    yield tmp_path / "log"
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    connection.close()


def wait_for(condition, log):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_it_opens_an_order_for_a_ticket_that_was_posted(viewer, viewer_api, worker, settings):
    body = {"subject": "No sound", "message": "Nothing to hear.", "category": "playback"}
    ticket = viewer_api.post("/api/v1/tickets/", body).json()
    wait_for(ServiceOrder.objects.exists, worker)
    shown = viewer_api.get(f"/api/v1/tickets/{ticket['number']}/").json()
    assert shown["service_order"]["number"] == ServiceOrder.objects.get().number
    assert shown["status"] == "in_progress"
    assert Notice.objects.count() == 1
    wait_for(lambda: "service_order_opened" in worker.read_text(), worker)  # it is logged after the commit
    assert "Nothing to hear" not in worker.read_text()
    heartbeat.apply_async(queue=settings.SUPPORT_QUEUE)
    wait_for(Heartbeat.objects.exists, worker)
