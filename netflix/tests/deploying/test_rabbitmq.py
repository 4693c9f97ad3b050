"""RabbitMQ takes Redis's place as the broker by CELERY_BROKER_URL alone."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from django.conf import settings
from django.db import connection
from knox.models import AuthToken

from netflix.accounts.models import User
from netflix.tests.deploying.neighbours import call, is_ready, needs, program, running, support_worker, wait_until, web
from netflix.tests.servers import free_port, url_of_the_test_database
from support.models import ServiceOrder

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.slow, needs("rabbitmq-server"),
]  # fmt: skip

TICKET = {"subject": "No sound", "message": "I hear nothing.", "category": "playback"}


class RabbitMQ:
    """With its port mapper, on ports and in a folder of their own."""

    def __init__(self, folder):
        self.port, self._mapper = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.log, self._pid = folder / "rabbitmq.log", folder / "pid"
        self._environment = {
            "HOME": str(folder),  # where Erlang keeps its cookie
            "ERL_EPMD_PORT": str(self._mapper),
            "RABBITMQ_NODENAME": "test@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONFIG_FILE": str(folder / "no"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(self._pid),
        }

    def mapper(self):
        return running(["epmd", "-port", str(self._mapper), "-address", "127.0.0.1"], self.log)

    def server(self):
        return running([program("rabbitmq-server")], self.log, **self._environment)

    def is_up(self):
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), timeout=5)) as client:
                client.sendall(b"AMQP\0\0\x09\x01")
                return client.recv(1)
        except OSError:
            return False

    @contextmanager
    def frozen(self):
        pid = int(self._pid.read_text())  # the script that we started is its parent
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def rabbitmq(tmp_path):
    server = RabbitMQ(tmp_path)
    with server.mapper():
        yield server
    connection.close()


def relay(environment):
    """What the scheduler does every two seconds."""
    environment = os.environ | environment | {"DATABASE_URL": url_of_the_test_database()}
    command = [sys.executable, "manage.py", "relay_tickets"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)


def test_it_hands_tickets_to_support_through_rabbitmq_even_if_that_was_stuck_or_away(rabbitmq, tmp_path):
    _, token = AuthToken.objects.create(User.objects.create_user("viewer"))
    environment = {"CELERY_BROKER_URL": rabbitmq.url}
    port, log = free_port(), tmp_path / "log"

    def open_ticket():
        assert call(port, "POST", "/api/v1/tickets/", TICKET, token)[0] == 201

    def wait_for_orders(number):
        wait_until(lambda: ServiceOrder.objects.count() == number, log)

    with web(port, log, **environment), support_worker(log, **environment):
        with rabbitmq.server():
            wait_until(rabbitmq.is_up, rabbitmq.log)
            wait_until(lambda: is_ready(port), log)
            wait_until(lambda: " ready." in log.read_text(), log)
            open_ticket()
            wait_for_orders(1)
        open_ticket()
        with rabbitmq.server():
            wait_until(rabbitmq.is_up, rabbitmq.log)
            relay(environment)
            wait_for_orders(2)
            with rabbitmq.frozen():
                open_ticket()  # over a new connection: the one before ended with the server
            relay(environment)
            wait_for_orders(3)
