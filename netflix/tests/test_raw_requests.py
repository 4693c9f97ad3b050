"""Requests as no well-behaved client sends them, byte by byte: each has a clear answer, and none is a 500."""

import re
import socket
from contextlib import suppress

import pytest
from knox.models import AuthToken

from netflix.accounts.models import User
from support.models import Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

API = "/api/v1/"
THUMB = "%F0%9F%91%8D"


def get(path, *headers, method="GET", version="1.1"):
    return (
        f"{method} {path} HTTP/{version}\r\n" + "".join(f"{line}\r\n" for line in ("Host: localhost", *headers))
    ).encode() + b"\r\n"


def post(path, body, *headers, kind="application/json", method="POST"):
    return get(path, f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, method=method) + body


HUNG_UP = 0

# What is sent, and the statuses that are right for it.
REQUESTS = {
    # Paths beyond ASCII, and beyond Latin-1
    "a thumb as a movie": (get(f"{API}movies/{THUMB}/"), 404),
    "an Arabic digit as a movie": (get(f"{API}movies/%D9%A3/"), 404),
    "a broken byte as a movie": (get(f"{API}movies/%FF/"), 404),
    "an umlaut as a movie": (get(f"{API}movies/%C3%BC/"), 404),
    "half a character as a movie": (get(f"{API}movies/%C3/"), 404),
    "an overlong slash": (get(f"{API}movies/%C0%AF/"), 404),
    "a surrogate": (get(f"{API}movies/%ED%A0%80/"), 404),
    "a thumb at the root": (get(f"/{THUMB}"), 404),
    "a broken byte at the root": (get("/%FF"), 404),
    "a thumb in the admin": (get(f"/admin/{THUMB}/"), 302),
    "a broken byte in the admin": (get("/admin/%FF/"), 302),
    "a thumb among static files": (get(f"/static/{THUMB}.css"), 404),
    "a broken byte among static files": (get("/static/%FF.css"), 404),
    "a thumb without encoding": (get(f"{API}movies/👍/"), 404),
    "a broken byte without encoding": (get(f"{API}movies/X/").replace(b"X", b"\xff"), 400),
    "a thumb as a genre": (get(f"{API}movies/?genre={THUMB}"), 400),
    "a broken byte as a genre": (get(f"{API}movies/?genre=%FF"), 400),
    "a broken byte as a query": (get(f"{API}movies/?q=%FF"), 200),
    "a thumb as a query": (get(f"{API}movies/?q={THUMB}"), 200),
    "a thumb as a parameter": (get(f"{API}movies/?{THUMB}=1"), 400),
    "a thumb as a ticket": (get(f"{API}tickets/{THUMB}/"), (401, 404)),
    "a percent sign alone": (get(f"{API}movies/%/"), 404),
    "a percent sign and letters": (get(f"{API}movies/%zz/"), 404),
    "an encoded slash": (get(f"{API}movies%2F"), 200),
    "two slashes first": (get(f"/{API}movies/"), 404),
    "dots": (get(f"{API}movies/../genres/"), 404),
    "encoded dots among static files": (get("/static/%2e%2e/%2e%2e/etc/passwd"), 404),
    "a NUL byte in the path": (get(f"{API}movies/%00/"), 400),
    "a NUL byte in the query": (get(f"{API}movies/?q=%00"), 400),
    "a line feed in the path": (get(f"{API}movies/%0A/"), 404),
    "a line feed and a header in the path": (get(f"{API}movies/%0D%0AX-Evil:1/"), 404),
    "a path of 60,000 characters": (get(f"/{'x' * 60_000}"), (404, 414)),
    "a query of 60,000 characters": (get(f"{API}movies/?q={'x' * 60_000}"), 400),
    "60,000 ampersands": (get(f"{API}movies/?{'&' * 60_000}"), (200, 400)),
    "a huge number as a movie": (get(f"{API}movies/{'9' * 40}/"), 404),
    "a huge number as a page size": (get(f"{API}movies/?page_size={'9' * 40}"), (200, 400)),
    "a negative number as a movie": (get(f"{API}movies/-1/"), 404),
    # Headers beyond ASCII
    "a token with an umlaut": (get(f"{API}auth/me/", "Authorization: Bearer tökén"), 401),
    "a token with a thumb": (get(f"{API}auth/me/", "Authorization: Bearer 👍"), 401),
    "a scheme with an umlaut": (get(f"{API}auth/me/", "Authorization: Bärer x"), 401),
    "a token of blanks": (get(f"{API}auth/me/", "Authorization: Bearer  "), 401),
    "a token of two words": (get(f"{API}auth/me/", "Authorization: Bearer a b"), 401),
    "a token with an umlaut on a public page": (get(f"{API}movies/", "Authorization: Bearer tökén"), 401),
    "an empty token on a public page": (get(f"{API}movies/", "Authorization: "), 200),
    "a huge token": (get(f"{API}auth/me/", f"Authorization: Bearer {'a' * 60_000}"), 401),
    "an Accept with an umlaut": (get(f"{API}movies/", "Accept: text/ü"), (200, 406)),
    "an Accept without a subtype": (get(f"{API}movies/", "Accept: text"), (200, 406)),
    "an Accept of commas": (get(f"{API}movies/", "Accept: ,,,;;;"), (200, 406)),
    "a language with an umlaut": (get(f"{API}movies/", "Accept-Language: ü"), 200),
    "a referrer with an umlaut": (get(f"{API}movies/", "Referer: http://ü/"), 200),
    "an origin with an umlaut": (get(f"{API}movies/", "Origin: http://ü"), 200),
    "a user agent with a broken byte": (get(f"{API}movies/", "User-Agent: X").replace(b"X", b"\xff\xfe"), 200),
    "a request id with an umlaut": (get(f"{API}nothing/", "X-Request-ID: für Ann"), 404),
    "a forwarded address with an umlaut": (get(f"{API}movies/", "X-Forwarded-For: ü"), 200),
    "a condition with an umlaut": (get(f"{API}movies/", 'If-None-Match: "ü"'), 200),
    "a condition without quotes": (get(f"{API}movies/", "If-None-Match: nonsense"), 200),
    "a date that is none": (get(f"{API}movies/", "If-Modified-Since: für immer"), 200),
    "a range with an umlaut": (get("/static/admin/css/base.css", "Range: bytes=ü-"), (200, 416)),
    "a range from the end": (get("/static/admin/css/base.css", "Range: bytes=-99999999"), (200, 206, 416)),
    "an encoding with an umlaut": (get("/static/admin/css/base.css", "Accept-Encoding: gzip, ü"), 200),
    "a content type with an umlaut": (post(f"{API}auth/login/", b"{}", kind="application/jsön"), 415),
    "a charset that is none": (post(f"{API}auth/login/", b"{}", kind="application/json; charset=ü"), 415),
    "a charset that unpacks": (post(f"{API}auth/login/", b"{}", kind="application/json; charset=zlib"), 415),
    "a content type that cannot be read": (post(f"{API}auth/login/", b"{}", kind="a/b; x*=nope''%41"), 400),
    "a form token with an umlaut": (post("/admin/login/", b"a=b", "X-CSRFToken: ü", kind="application/x-www-form-urlencoded"), 403),
    "cookies without sense": (get(f"{API}movies/", "Cookie: ;;==;a;=b;ü=ü"), 200),
    "a session that is none": (get(f"{API}auth/me/", "Cookie: sessionid=ü"), 401),
    "300 cookies": (get(f"{API}movies/", f"Cookie: {'; '.join(f'c{n}=1' for n in range(300))}"), 200),
    "a forwarded protocol that is none": (get(f"{API}movies/", "X-Forwarded-Proto: gopher"), 200),
    "a header with an underscore": (get(f"{API}movies/", "X_Forwarded_For: 192.0.2.1"), 200),
    # Hosts
    "no host": (get(f"{API}movies/").replace(b"Host: localhost\r\n", b""), 400),
    "no host at a health check": (get("/readyz").replace(b"Host: localhost\r\n", b""), 400),
    "no host by HTTP/1.0": (get(f"{API}movies/", version="1.0").replace(b"Host: localhost\r\n", b""), (200, 400)),
    "two hosts": (get(f"{API}movies/", "Host: localhost"), 400),
    "a host with an umlaut": (get(f"{API}movies/").replace(b"localhost", "ü.example".encode()), 400),
    "somebody else's host": (get(f"{API}movies/").replace(b"localhost", b"evil.example"), 400),
    "an empty host": (get(f"{API}movies/").replace(b"localhost", b""), 400),
    "a host with a path": (get(f"{API}movies/").replace(b"localhost", b"localhost/x"), 400),
    "an address with another host": (get(f"http://evil.example{API}movies/"), 200),
    # Methods
    "TRACE": (get(f"{API}movies/", method="TRACE"), 405),
    "TRACE of a page": (get("/admin/login/", method="TRACE"), 405),
    "TRACE of what is one's own": (get(f"{API}likes/", method="TRACE"), 405),
    "CONNECT": (get(f"{API}movies/", method="CONNECT"), (400, 405)),
    "a made-up method": (get(f"{API}movies/", method="BREW"), 405),
    "a made-up method of what is one's own": (get(f"{API}tickets/", method="BREW"), 405),
    "a made-up method at the docs": (get("/api/docs/", method="BREW"), 405),
    "a made-up method in the admin": (get("/admin/login/", method="BREW"), 405),
    "a made-up method at a file": (get("/static/admin/css/base.css", method="BREW"), 405),
    "a made-up method at a health check": (get("/healthz", method="BREW"), 405),
    "a method in lower case": (get(f"{API}movies/", method="get"), (200, 405)),
    "a method that is not there": (get(f"{API}likes/", method="DELETE"), 405),
    "PUT of a list": (post(f"{API}genres/", b"{}", method="PUT"), 405),
    "OPTIONS of the docs": (get("/api/docs/", method="OPTIONS"), (200, 405)),
    "OPTIONS of the schema": (get("/api/schema/", method="OPTIONS"), 200),
    "OPTIONS of everything": (get("*", method="OPTIONS"), (200, 404)),
    "HEAD of a list": (get(f"{API}movies/", method="HEAD"), 200),
    # Bodies
    "a body with GET": (post(f"{API}movies/", b"{}", method="GET"), 200),
    "JSON that is none": (post(f"{API}auth/login/", b"{"), 400),
    "JSON with a broken byte": (post(f"{API}auth/login/", b'{"username": "\xff"}'), 400),
    "JSON with half a surrogate": (post(f"{API}auth/login/", b'{"username": "\\ud800", "password": "x"}'), 400),
    "JSON with a NUL byte": (post(f"{API}auth/login/", b'{"username": "\\u0000", "password": "x"}'), 400),
    "JSON nested deeply": (post(f"{API}auth/login/", b"[" * 50_000), 400),
    "a list": (post(f"{API}auth/login/", b"[]"), 400),
    "a number beyond all": (post(f"{API}auth/login/", b'{"username": 1e999999, "password": "x"}'), 400),
    "a form with a broken byte": (post(f"{API}auth/login/", b"username=%FF&password=%FF", kind="application/x-www-form-urlencoded"), (400, 401)),
    "a form of 5,000 fields": (post(f"{API}auth/login/", b"a=b&" * 5000, kind="application/x-www-form-urlencoded"), 400),
    "parts without a boundary": (post(f"{API}auth/login/", b"--x", kind="multipart/form-data"), 400),
    "parts that do not end": (post(f"{API}auth/login/", b"--x\r\nContent-Disposition: form-data", kind="multipart/form-data; boundary=x"), 400),
    "a boundary with an umlaut": (post(f"{API}auth/login/", b"--x", kind="multipart/form-data; boundary=ü"), 400),
    "a body of another length in another header": (post(f"{API}auth/login/", b"{}", "Content-Length: 3"), 400),
    "a length that is no number": (get(f"{API}auth/login/", "Content-Length: many", method="POST"), 400),
    "a negative length": (get(f"{API}auth/login/", "Content-Length: -1", method="POST"), 400),
    "a huge length": (get(f"{API}auth/login/", f"Content-Length: {'9' * 18}", method="POST"), 413),
    "chunks and a length": (post(f"{API}auth/login/", b"0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    "a chunk that is none": (get(f"{API}auth/login/", "Transfer-Encoding: chunked", method="POST") + b"zz\r\n", 400),
    "an encoding of the body that nobody knows": (get(f"{API}auth/login/", "Transfer-Encoding: ü", method="POST"), 400),
    "an expectation that nobody meets": (post(f"{API}auth/login/", b"{}", "Expect: ü"), (400, 417)),
    # What is no HTTP
    "a version from the future": (get(f"{API}movies/", version="9.9"), 400),
    "half a line": (b"GET\r\n\r\n", 400),
    "bytes": (b"\xff\xfe\x00\x01\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HUNG_UP),
    "a header without a name": (get("/").replace(b"Host", b": x\r\nHost"), 400),
    "a header with a blank before the colon": (get("/", "X-A : b"), 400),
    "a folded header": (get("/", "X-A: b\r\n c"), 400),
    "a NUL byte in a header": (get("/", "X-A: b\0c"), 400),
    "500 headers": (get(f"{API}movies/", *(f"X-{n}: 1" for n in range(500))), (400, 431)),
    "a header of 1,000,000 bytes": (get(f"{API}movies/", f"X-A: {'a' * 1_000_000}"), (400, 431)),
}  # fmt: skip


@pytest.fixture
def server(serve):
    return serve(THROTTLES="off")


@pytest.fixture
def port(server):
    return server.port


def send(port, request):
    """The whole answer, or b"" when the server has hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        answer = b""
        with suppress(ConnectionError):  # it refuses before it has read everything, and has perhaps said why
            client.sendall(request)
        with suppress(ConnectionError):
            while not is_whole(answer, has_body=not request.startswith(b"HEAD ")):
                part = client.recv(65536)
                if not part:
                    break
                answer += part
        return answer


def is_whole(answer, *, has_body):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower()) if has_body else None
    return bool(end) and (length is None or len(body) >= int(length[1]))


@pytest.mark.parametrize("name", REQUESTS)
def test_it_answers_every_raw_request(port, server, name):
    request, expected = REQUESTS[name]
    answer = send(port, request)
    status = int(answer.split(b" ", 2)[1]) if answer else HUNG_UP
    assert status in (expected if isinstance(expected, tuple) else (expected,)), answer[:1000]
    if status == 405:
        assert b"\nallow: " in answer.lower()
    assert "Traceback" not in server.log()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(get("/healthz"))
        assert b" 200 " in client.recv(4096)


def test_it_logs_and_counts_a_path_that_is_no_text(port, server):
    assert b" 404 " in send(port, get(f"{API}movies/{THUMB}/"))
    assert f"code=404 ip=127.0.0.1 request='GET {API}movies/{THUMB}/'" in server.log()


def test_it_opens_no_second_ticket_for_a_key_with_an_umlaut(port):
    _, token = AuthToken.objects.create(User.objects.create_user("ann"))
    ticket = b'{"subject": "No sound", "message": "I hear nothing.", "category": "playback"}'
    headers = (f"Authorization: Bearer {token}", "Idempotency-Key: Bestellung-für-Ann")
    for _ in range(2):
        answer = send(port, post(f"{API}tickets/", ticket, *headers))
        assert b" 400 " in answer
        assert b'"code":"invalid_idempotency_key"' in answer
    assert not Ticket.objects.exists()


def test_it_keeps_a_session_beside_a_foreign_cookie_with_an_umlaut(port, client):
    client.force_login(User.objects.create_user("ann"))
    session = client.cookies["sessionid"].value
    answer = send(port, get(f"{API}auth/me/", f"Cookie: tracker=für; sessionid={session}; other=\xff"))
    assert b" 200 " in answer
    assert b'"username":"ann"' in answer
