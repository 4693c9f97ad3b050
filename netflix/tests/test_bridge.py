"""A real server with the bridge: slow, huge and odd requests keep nobody from being answered."""

import http.client
import json
import select
import socket
import struct
from contextlib import ExitStack, closing

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from knox.models import AuthToken

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.meanwhile import eventually
from ranking.models import Like
from ranking.services import recompute
from reminder.models import Reminder
from support.models import Attachment
from support.services import open_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


PATIENCE = 60  # seconds until an answer comes


@pytest.fixture
def server(serve):
    """It waits for longer than any client here."""
    return serve(BODY_TIMEOUT_SECONDS="600", STATEMENT_TIMEOUT_SECONDS="600", THROTTLES="off")


@pytest.fixture
def port(server):
    return server.port


@pytest.fixture
def impatient(serve):
    """A server that soon gives up waiting for a body or a lock."""
    return serve(BODY_TIMEOUT_SECONDS="2", STATEMENT_TIMEOUT_SECONDS="4", THROTTLES="off")


def call(port, method, path, body=None, **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as client:
        client.request(
            method, path, body, {name.replace("_", "-"): value for name, value in headers.items()},
            encode_chunked=not isinstance(body, bytes | str | None),
        )  # fmt: skip
        answer = client.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def status_of(port, path):
    return call(port, "GET", path)[0]


def begin(port, text):
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(text)
    return client


def test_it_answers_beside_slow_bodies_and_slow_headers_and_ends_them(port, impatient):
    make_movie()
    slow_body = (
        b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100000\r\n\r\n{"
    )
    slow_headers = b"GET /api/v1/movies/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    with ExitStack() as slow:
        bodies = [slow.enter_context(begin(port, slow_body)) for _ in range(100)]
        for _ in range(100):
            slow.enter_context(begin(port, slow_headers))
        for _ in range(10):
            assert [status_of(port, path) for path in ("/healthz", "/api/v1/movies/")] == [200, 200]
        assert not any(map(is_readable, bodies))  # the server still waits for all of them
    assert status_of(port, "/api/v1/movies/") == 200
    with begin(impatient.port, slow_body) as client:
        answer = client.recv(4096)
    assert b" 408 " in answer.split(b"\r\n")[0]
    assert b"application/problem+json" in answer
    assert b'"code":"body_timeout"' in answer
    assert status_of(impatient.port, "/api/v1/movies/") == 200


@pytest.mark.parametrize("path", ["/api/v1/movies/", "/api/v1/movies/?ordering=year"])
def test_it_says_how_it_is_while_a_lock_keeps_requests_waiting(port, impatient, path):
    make_movie()
    for each in (port, impatient.port):
        assert status_of(each, "/api/v1/movies/") == 200
    eventually(lambda: status_of(port, "/readyz") == 200)  # a thread of its own has connected
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE movies_movie IN ACCESS EXCLUSIVE MODE")
        try:
            waiting = begin(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            eventually(lambda: queries_that_wait(cursor))
            assert [status_of(port, each) for each in ("/healthz", "/readyz")] == [200, 200]
            assert queries_that_wait(cursor)  # both were answered meanwhile
            assert status_of(impatient.port, path) == 503
        finally:
            cursor.execute("ROLLBACK")
    assert b" 200 " in waiting.recv(4096).split(b"\r\n")[0]
    waiting.close()


def test_it_answers_a_like_that_met_a_lock_once(impatient):
    """The fast path has waited already: the thread must not wait for as long again."""
    port = impatient.port
    free, held = make_movie("Heat"), make_movie("Ronin")
    _, token = AuthToken.objects.create(User.objects.create_user("viewer"))
    login = {"Authorization": f"Bearer {token}"}
    recompute([free.pk, held.pk])
    assert call(port, "PUT", f"/api/v1/movies/{free.pk}/like/", **login)[0] == 200  # the fast path has seen its headers
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM movies_movie WHERE id = %s FOR UPDATE", [held.pk])
        status, headers, said = call(port, "PUT", f"/api/v1/movies/{held.pk}/like/", **login)
        cursor.execute("ROLLBACK")
    assert (status, headers["retry-after"], json.loads(said)["code"]) == (503, "5", "unavailable")
    shown = impatient.log()
    assert json.loads(said)["request_id"] in shown
    assert "request_failed" not in shown
    assert not Like.objects.filter(movie=held).exists()


def queries_that_wait(cursor):
    cursor.execute(
        """
        SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE NOT granted AND relation = 'movies_movie'::regclass AND datname = current_database()
        """
    )
    return cursor.fetchone()[0]


def test_it_refuses_a_body_that_is_too_large_by_its_word_and_by_its_weight(port):
    promised = begin(port, b"POST /api/v1/movies/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n")
    answer = promised.recv(4096)  # nothing of it was sent, and nothing is waited for
    promised.close()
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b'"code":"body_too_large"' in answer
    chunks = [b"x" * 100_000] * 11
    try:
        status, headers, _ = call(port, "POST", "/api/v1/movies/", iter(chunks), Transfer_Encoding="chunked")
    except (ConnectionError, http.client.HTTPException):
        return  # it hung up on us while we were still sending: just as well
    assert (status, headers["content-type"]) == (413, "application/problem+json")


def test_it_reads_a_body_that_comes_in_chunks(port):
    movie, viewer = make_movie(), User.objects.create_user("viewer")
    _, token = AuthToken.objects.create(viewer)
    status, _, said = call(
        port, "PUT", f"/api/v1/reminders/{movie.pk}/", iter([b'{"note": "In ', b'two pieces."}']),
        Transfer_Encoding="chunked", Content_Type="application/json", Authorization=f"Bearer {token}",
    )  # fmt: skip
    assert (status, json.loads(said)["note"]) == (201, "In two pieces.")
    assert Reminder.objects.get().note == "In two pieces."


def test_it_hands_on_addresses_and_headers_as_they_are(port):
    make_movie("Amélie", directors=["Jean-Pierre Jeunet"])
    _, _, said = call(port, "GET", "/api/v1/movies/?q=am%C3%A9lie&person=Jean-Pierre%20Jeunet")
    assert [row["title"] for row in json.loads(said)["results"]] == ["Amélie"]
    assert call(port, "GET", "/api/v1/movies/caf%C3%A9/")[0] == 404
    assert call(port, "GET", "/api/v1/movies/%00/")[0] == 400
    status, headers, said = call(port, "HEAD", "/api/v1/movies/")
    assert (status, said) == (200, b"")
    for _ in range(50):  # the version is the server's: the tests of another process write beside this one
        etag = call(port, "GET", "/api/v1/movies/")[1]["etag"]
        status, _, said = call(port, "GET", "/api/v1/movies/", If_None_Match=etag)
        if status == 304:
            break
    assert (status, said) == (304, b"")
    status, headers, said = call(port, "GET", "/static/admin/css/base.css")
    assert (status, headers["content-type"][:8], len(said) > 1000) == (200, "text/css", True)
    assert call(port, "GET", "/api/v1/movies/", Accept="text/html")[1]["content-type"].startswith("text/html")
    assert json.loads(call(port, "GET", "/readyz")[2])["database"] == "ok"


@pytest.mark.parametrize("query", ["q=日本", "q=amélie", "genre=Café"])
def test_it_reads_an_address_that_is_not_encoded(port, query):
    make_movie("Amélie 日本", genres=["Café"])
    with begin(port, f"GET /api/v1/movies/?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()) as client:
        answer = client.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 200 ")
    assert '"title":"Amélie 日本"' in answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("body", [None, b"{}"])
def test_it_refuses_a_content_type_that_nobody_can_read(port, method, body):
    address = "/api/v1/auth/login/"
    status, headers, said = call(port, method, address, body, Content_Type="a/b; x*=nope''%41")
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(said)["code"] == "bad_request"


def test_it_believes_no_header_that_only_looks_like_a_proxys(port):
    head = (
        b"GET /api/v1/movies/ HTTP/1.1\r\nHost: localhost\r\nAuthorization_X: 1\r\nX_Forwarded_For: 192.0.2.1\r\n\r\n"
    )
    client = begin(port, head)
    assert b" 200 " in client.recv(4096).split(b"\r\n")[0]
    client.close()


LOGIN = b'{"username": "%06d", "password": "wrong"}'
LOGIN_HEAD = (
    b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(LOGIN % 0)
)


def begin_login(port, number):
    """With another name each time: the password of a name that is locked out is not checked."""
    return begin(port, LOGIN_HEAD + LOGIN % number)


def wait_for_logins(port):
    """Wait until no password of a client that has gone is checked any more: that would write into the next test."""
    body = LOGIN % 999_999
    eventually(lambda: call(port, "POST", "/api/v1/auth/login/", body, Content_Type="application/json")[0] == 401)


def test_it_lets_nobody_wait_for_those_whose_passwords_are_checked(port):
    make_movie()
    with ExitStack() as stack:
        logins = [stack.enter_context(begin_login(port, number)) for number in range(30)]
        eventually(lambda: any(map(is_readable, logins)))
        for _ in range(3):
            assert status_of(port, "/api/v1/movies/") == 200
        assert not all(map(is_readable, logins))  # had they one thread, all of them would have been first
        first = next(filter(is_readable, logins)).recv(4096)
        assert b" 401 " in first.split(b"\r\n")[0]
    wait_for_logins(port)


def test_it_checks_no_password_for_a_client_that_has_gone(port, server):
    User.objects.create(username="ann", password=make_password("anns-password", hasher="pbkdf2_sha256"))
    gone = [begin_login(port, number) for number in range(25)]  # the queue has room for all of them
    for client in gone:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        client.close()
    body = json.dumps({"username": "ann", "password": "anns-password"})
    # At first the queue may be full of those of the test before.
    eventually(lambda: call(port, "POST", "/api/v1/auth/login/", body, Content_Type="application/json")[0] == 200)
    assert server.log().count("code=401") < 2 * 25  # two lines of each that is checked


def test_it_refuses_a_login_when_too_many_wait(port, server):
    with ExitStack() as stack:
        clients = []

        def one_of_them_is_refused():
            if len(clients) < 300:
                clients.append(stack.enter_context(begin_login(port, len(clients))))
            return any(map(is_refused, clients))

        eventually(one_of_them_is_refused)
        answer = next(filter(is_refused, clients)).recv(4096).lower()
        assert b"retry-after: 5" in answer
        assert b'"code":"unavailable"' in answer
        assert "code=503" in server.log()
        assert status_of(port, "/api/v1/movies/") == 200
    wait_for_logins(port)


def is_readable(client):
    readable, _, _ = select.select([client], [], [], 0)
    return bool(readable)


def is_refused(client):
    return is_readable(client) and b" 503 " in client.recv(4096, socket.MSG_PEEK)


def a_file(size):
    """A form with one file, and its Content-Type."""
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="log.txt"\r\n\r\n'
    return head + b"x" * size + b"\r\n--cut--\r\n", "multipart/form-data; boundary=cut"


def test_it_takes_larger_bodies_where_files_are_sent(port):
    ann = User.objects.create_user("ann")
    number = open_ticket(user_id=ann.pk, category="other", subject="s", message="m")
    login = f"Bearer {AuthToken.objects.create(ann)[1]}"
    for path, size, expected in (
        (f"/api/v1/tickets/{number}/attachments/", 5 * 1024 * 1024, 201),
        (f"/api/v1/tickets/{number}/attachments/", 7 * 1024 * 1024, 413),
        (f"/api/v1/tickets/{number}/replies/", 2 * 1024 * 1024, 413),
        ("/admin/support/ticket/1/delete/", 2 * 1024 * 1024, 413),
    ):
        body, content_type = a_file(size)
        try:
            status, _, content = call(port, "POST", path, body, Content_Type=content_type, Authorization=login)
        except ConnectionError:  # refused, and closed, before all of it was sent
            status, content = 413, b""
        assert status == expected, (path, size, content)
    (file,) = Attachment.objects.all()
    assert file.size == 5 * 1024 * 1024


def test_it_takes_larger_bodies_where_posters_are_sent(port):
    login = f"Bearer {AuthToken.objects.create(User.objects.create_user('ann'))[1]}"
    body, content_type = a_file(5 * 1024 * 1024)
    for path in ("/api/v1/movies/1/poster/", "/admin/movies/movie/1/change/", "/admin/movies/movie/add/"):
        method = "PUT" if path.startswith("/api/") else "POST"
        assert call(port, method, path, body, Content_Type=content_type, Authorization=login)[0] == 403


def test_it_keeps_few_large_bodies_in_memory_and_none_of_strangers(port):
    path, size = "/api/v1/tickets/7KQ-M2X-9RP/attachments/", 3 * 1024 * 1024
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n"
    with ExitStack() as clients:
        stranger = clients.enter_context(begin(port, f"{head}\r\n".encode()))
        assert b" 413 " in stranger.recv(1000)
        half = f"{head}Authorization: Bearer x\r\n\r\nhalf".encode()
        others = [clients.enter_context(begin(port, half)) for _ in range(40)]
        eventually(lambda: sum(map(is_readable, others)) >= 24)  # 8 of each of two processes are let in
        refused = [client.recv(1000) for client in others if is_readable(client)]
        assert all(b" 503 " in answer for answer in refused)
        assert status_of(port, "/api/v1/movies/") == 200
        for file in (1000, 900_000):  # forms of the usual size need no place among those
            body, content_type = a_file(file)
            assert call(port, "POST", path, body, Content_Type=content_type, Authorization="Bearer x")[0] == 401
