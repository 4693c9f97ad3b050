"""DATABASE_URL names a primary and its standby: after a promotion writes go on by themselves."""

import signal

import pytest
from django.db import connection
from knox.models import AuthToken

from netflix.accounts.models import User
from netflix.tests.deploying.clusters import Cluster, needs_postgres
from netflix.tests.deploying.neighbours import Client, is_ready, wait_until, web
from netflix.tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, needs_postgres()]

TICKET = {"subject": "No sound", "message": "I hear nothing.", "category": "playback"}


def test_it_writes_again_after_a_promotion_and_has_lost_nothing_that_it_acknowledged(tmp_path):
    _, token = AuthToken.objects.create(User.objects.create_user("viewer"))
    primary, standby = Cluster(tmp_path, "primary"), Cluster(tmp_path, "standby")
    port, log = free_port(), tmp_path / "web.log"
    primary.make()
    with primary.server() as server:
        primary.restore_the_test_database()
        standby.copy(primary)
        url = f"{primary.url(standby)}?target_session_attrs=read-write"
        # After the copy, which would wait for a standby too once it is promoted.
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.execute("SELECT pg_reload_conf()")
        with standby.server(), web(port, log, DATABASE_URL=url):
            wait_until(lambda: is_ready(port), log)
            with Client(port, "POST", "/api/v1/tickets/", TICKET, token) as client:
                wait_until(lambda: len(client.answers) > 20, log)
                server.send_signal(signal.SIGQUIT)  # as a crash would end it
                wait_until(lambda: 503 in client.statuses, log)
                standby.run("pg_ctl", "promote", "-D", standby.data)
                wait_until(lambda: client.answers[-1][0] == 201, log)
            assert client.statuses == {201, 503}
            acknowledged = {ticket["number"] for status, ticket in client.answers if status == 201}
            assert acknowledged <= {number for (number,) in standby.execute("SELECT number FROM support_ticket")}
    connection.close()
