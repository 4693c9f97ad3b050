"""Between the server and Django: nobody's slow connection keeps a thread.

The server's event loop reads each body, with a limit of time and size; what is complete is answered by one of two
threads. One answers requests, as WSGI does best; the other only those that check passwords, because hashing is slow on
purpose and must not keep everybody waiting. Speaks RSGI, granian's own protocol (https://github.com/emmett-framework/
granian/blob/master/docs/spec/RSGI.md), the cheapest of those that were measured: docs/adr/0009.
"""

import asyncio
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from typing import Any, Protocol

import orjson
from django.utils.http import parse_header_parameters

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]

_ALIVE = (HTTPStatus.OK, [("Content-Type", "application/json")], b'{"status": "ok"}')


class TooLarge(Exception):
    pass


class WSGI(Protocol):
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...


class Shortcut(Protocol):
    """What may answer a request without a body in the event loop, by the environ; what it leaves to a thread it learns
    the headers of.
    """

    async def answer(self, environ: dict[str, Any]) -> Answer | None: ...

    def learn(self, environ: dict[str, Any], headers: Headers) -> None: ...


class Bridge:
    """`body_seconds` are for all of a body; `password_doors` are the addresses whose POSTs check a password."""

    def __init__(
        self,
        wsgi: WSGI,
        shortcut: Shortcut,
        *,
        largest_body: int,
        body_seconds: float,
        password_doors: Iterable[str],
    ) -> None:
        self._wsgi = wsgi
        self._shortcut = shortcut
        self._largest = largest_body
        self._body_seconds = body_seconds
        self._doors = frozenset(password_doors)
        self._thread = ThreadPoolExecutor(1, "requests")
        self._password_thread = ThreadPoolExecutor(1, "passwords")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.proto != "http":
            protocol.close(None)
            return
        status, headers, body = await self._answer(scope, protocol)
        protocol.response_bytes(status, headers, b"" if scope.method == "HEAD" else body)

    async def _answer(self, scope: Any, protocol: Any) -> Answer:
        if scope.path == "/healthz":  # the process answers, whatever its threads wait for
            return _ALIVE
        try:
            body = await self._body(scope, protocol)
        except TimeoutError:
            return _problem(HTTPStatus.REQUEST_TIMEOUT, "body_timeout", f"The body took over {self._body_seconds} s.")
        except TooLarge:
            detail = f"The body may have at most {self._largest} bytes."
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail)
        environ = _environ(scope, body)
        if not _is_understood(environ["CONTENT_TYPE"]):
            return _problem(HTTPStatus.BAD_REQUEST, "bad_request", "The Content-Type has a parameter that is none.")
        if not body and (answer := await self._shortcut.answer(environ)):
            return answer
        doors = scope.method == "POST" and scope.path in self._doors
        thread = self._password_thread if doors else self._thread
        answer = await asyncio.get_running_loop().run_in_executor(thread, self._run, environ)
        self._shortcut.learn(environ, answer[1])
        return answer

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        length = scope.headers.get("content-length")
        if length is None and "transfer-encoding" not in scope.headers:
            return b""
        if length is not None and int(length) > self._largest:
            raise TooLarge
        async with asyncio.timeout(self._body_seconds):
            body = bytearray()
            async for chunk in protocol:
                body += chunk
                if len(body) > self._largest:
                    raise TooLarge
        return bytes(body)

    def _run(self, environ: dict[str, Any]) -> Answer:
        begun: list[Any] = []

        def start_response(status: str, headers: Headers, error: Any = None) -> None:
            begun[:] = [int(status.split(" ", 1)[0]), headers]

        chunks = self._wsgi(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = begun
        return status, headers, body


def _environ(scope: Any, body: bytes) -> dict[str, Any]:
    """PEP 3333."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # X_Forwarded_For would pass for X-Forwarded-For
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = value if key not in environ else f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"
    if scope.authority:  # what HTTP/2 has instead of the header
        environ["HTTP_HOST"] = scope.authority
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(len(body)) if body else ""
    for told in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):  # it is all here, whatever way it came
        environ.pop(told, None)
    return environ


def _is_understood(content_type: str) -> bool:
    """Whether Django can make a request of it; it would raise where nobody answers that."""
    if ";" not in content_type:
        return True
    try:
        parse_header_parameters(content_type)
    except ValueError:
        return False
    return True


def _problem(status: HTTPStatus, code: str, detail: str) -> Answer:
    """As `netflix.api.errors` has them; there is no request yet that could have an id."""
    body = {"type": "about:blank", "title": status.phrase, "status": status, "code": code, "detail": detail}
    headers = [("Content-Type", "application/problem+json"), ("Connection", "close")]
    return status, headers, orjson.dumps(body | {"request_id": None})
