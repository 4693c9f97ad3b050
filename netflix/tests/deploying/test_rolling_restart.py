"""Two web servers behind haproxy and nginx are restarted in turn, and no request of their clients fails."""

import socket
from contextlib import ExitStack, closing

import pytest
from django.conf import settings
from django.db import connection
from knox.models import AuthToken

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.deploying.neighbours import (
    Client,
    SureClient,
    block,
    is_ready,
    needs,
    nginx,
    program,
    running,
    wait_until,
    web,
)
from netflix.tests.servers import free_port
from support.models import Ticket

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.slow, needs("haproxy"), needs("nginx"),
]  # fmt: skip

TICKET = {"subject": "No sound", "message": "I hear nothing.", "category": "playback"}
ON_THE_PAGE = ("10.0.0.11:8000", "10.0.0.12:8000")  # where the two web servers are


class WebServer:
    def __init__(self, log):
        self.port, self._log, self._running = free_port(), log, ExitStack()

    def start(self):
        self._running.enter_context(web(self.port, self._log))

    def wait(self):
        wait_until(lambda: is_ready(self.port), self._log)

    def stop(self):
        self._running.close()


def with_our_addresses(configuration, servers):
    for place, server in zip(ON_THE_PAGE, servers, strict=True):
        assert place in configuration
        configuration = configuration.replace(place, f"127.0.0.1:{server.port}")
    return configuration


def start_haproxy(stack, folder, servers):
    port, file = free_port(), folder / "haproxy.cfg"
    configuration = block("haproxy").replace("bind :80", f"bind 127.0.0.1:{port}").replace("/run/haproxy", str(folder))
    file.write_text(with_our_addresses(configuration, servers))
    stack.enter_context(running([program("haproxy"), "-db", "-f", file], folder / "log"))
    wait_until(lambda: is_ready(port), folder / "log")
    return port


def haproxy_uses_all(folder):
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.connect(str(folder / "admin.sock"))
        client.sendall(b"show stat\n")
        lines = b"".join(iter(lambda: client.recv(65536), b"")).decode().splitlines()
    return sum(line.startswith("web,web") and ",UP," in line for line in lines) == len(ON_THE_PAGE)


def start_nginx(stack, folder, servers):
    """With the file of docker compose, but for its first block, as the page says."""
    port = free_port()
    before, _, after = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text().partition("upstream web {")
    site = before + block("nginx", below="### nginx") + after.partition("}\n")[2]
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("rate=100r/s", "rate=100000r/s")
    stack.enter_context(nginx(with_our_addresses(site, servers), folder))
    wait_until(lambda: is_ready(port), folder / "log")
    return port


def test_it_answers_every_request_while_web_servers_are_restarted_in_turn(tmp_path):
    movie = make_movie()
    _, token = AuthToken.objects.create(User.objects.create_user("viewer"))
    with ExitStack() as stack:
        servers = [WebServer(tmp_path / "log"), WebServer(tmp_path / "log")]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        for server in servers:
            server.wait()
        ports = [start(stack, tmp_path, servers) for start in (start_haproxy, start_nginx)]
        clients = [
            stack.enter_context(kind(port, *what))
            # nginx cannot know whether a server has received a POST over a connection that it closes at this moment.
            for port, sender in zip(ports, (Client, SureClient), strict=True)
            for kind, *what in (
                (Client, "GET", "/api/v1/movies/"),
                (Client, "PUT", f"/api/v1/movies/{movie.pk}/like/", None, token),
                (sender, "POST", "/api/v1/tickets/", TICKET, token),
            )
        ]
        for server in servers:
            wait_until(lambda: haproxy_uses_all(tmp_path), tmp_path / "log")
            server.stop()
            asked = [len(client.answers) for client in clients]
            server.start()
            server.wait()
            assert all(len(client.answers) > before for client, before in zip(clients, asked, strict=True))
    assert [client.statuses for client in clients] == [{200}, {200}, {201}] * 2
    assert Ticket.objects.count() == sum(len(client.answers) for client in clients[2::3])
    connection.close()
