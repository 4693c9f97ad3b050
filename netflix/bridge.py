"""Connects the server's event loop with Django, so that no slow, silent or lost client keeps a thread busy.

The event loop reads each body, limited in time and size. A complete request is answered by the fast path, or by Django
in one of three threads, each with a bounded queue: one for ordinary requests; one for requests
that check a password, because hashing is slow on purpose; one for /readyz, which must not wait behind either. Speaks
ASGI 3.0 (https://asgi.readthedocs.io/en/latest/specs/www.html): docs/adr/0009.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http import HTTPStatus
from io import BytesIO
from random import getrandbits
from typing import Any
from urllib.parse import unquote_to_bytes

from django.utils.http import parse_header_parameters

from netflix.api.cors import Cors
from netflix.api.middleware import set_client_address
from netflix.api.raw_responses import Headers, RawResponse, raw_problem, unavailable
from netflix.hot.fast_path import FastPath
from netflix.queued_thread import ClientDisconnected, QueuedThread, QueueFull

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# How many requests may be queued or at work in each thread. Checking a password takes about a third of a second, so
# the last of 32 waits about ten seconds; an ordinary request takes a few milliseconds.
_MAX_REQUESTS, _MAX_PASSWORDS, _MAX_READINESS_CHECKS = 512, 32, 32

_READINESS_SECONDS = 3.0  # /readyz answers 503 when it takes longer
_DATABASE_CHECK_SECONDS = 4.0  # between checks whether the database answers, while a thread works

# How many bodies beyond the usual size are in memory at once, in each process.
_MAX_LARGE_BODIES = 8
_REQUEST_ID = re.compile(r"[!-~]{1,128}")  # visible ASCII

_CLOSE = [("Connection", "close")]  # the rest of the body is not read
_ALIVE = (HTTPStatus.OK, [("Content-Type", "application/json")], b'{"status": "ok"}')


class BodyTooLarge(Exception):
    pass


class BodyIncomplete(Exception):
    """The body cannot be read to its end: a chunk is invalid, or the client has disconnected."""


class Bridge:
    """The ASGI application.

    `body_seconds` limits how long a whole body may take; `largest_body` is in bytes; `limits_by_path` has the paths, as
    regular expressions, that accept more, which may then take longer in proportion; `password_paths` are the paths
    whose POSTs check or hash a password; `path_prefix` begins each path of a client, and a proxy may have removed it;
    `cors` says which other origins may read responses; `on_startup` is called in the event loop before the first
    request.
    """

    def __init__(
        self,
        wsgi: WSGI,
        fast_path: FastPath,
        *,
        largest_body: int,
        body_seconds: float,
        password_paths: Iterable[str],
        limits_by_path: Mapping[str, int],
        path_prefix: str,
        cors: Cors,
        on_startup: Callable[[], object],
    ) -> None:
        self._wsgi = wsgi
        self._fast_path = fast_path
        self._largest_body = largest_body
        self._large_body_slots = asyncio.Semaphore(_MAX_LARGE_BODIES)
        self._limits_by_path = {re.compile(path): limit for path, limit in limits_by_path.items()}
        self._body_seconds = body_seconds
        self._password_paths = frozenset(password_paths)
        self._path_prefix = path_prefix
        self._cors = cors
        self._on_startup = on_startup
        self._requests = QueuedThread("requests", max_pending=_MAX_REQUESTS)
        self._passwords = QueuedThread("passwords", max_pending=_MAX_PASSWORDS)
        self._readiness = QueuedThread("readiness", max_pending=_MAX_READINESS_CHECKS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._handle_lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _handle_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._on_startup()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = _environ(scope, self._path_prefix)
        request_id = environ["HTTP_X_REQUEST_ID"] = _request_id(environ)
        try:
            status, headers, body = self._cors.preflight(environ) or await self._answer(environ, scope, receive)
        except ClientDisconnected:
            return
        headers = [*self._cors.add_headers(environ, headers), ("X-Request-ID", request_id)]
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, environ: dict[str, Any], scope: Scope, receive: Receive) -> RawResponse:
        if environ["PATH_INFO"] == "/healthz" and scope["method"] in ("GET", "HEAD"):  # even if all threads are blocked
            return _ALIVE
        set_client_address(environ)
        largest = self._largest_body_of(environ)
        if largest == self._largest_body:
            return await self._answer_body(environ, scope, receive, largest)
        if self._large_body_slots.locked():
            return unavailable(environ, "Too many files are arriving. Try again in a moment.")
        async with self._large_body_slots:
            return await self._answer_body(environ, scope, receive, largest)

    async def _answer_body(self, environ: dict[str, Any], scope: Scope, receive: Receive, largest: int) -> RawResponse:
        seconds = self._body_seconds * largest / self._largest_body
        try:
            body = await self._read_body(environ, receive, largest, seconds)
        except TimeoutError:
            detail = f"The body took over {seconds:g} s to arrive."
            return raw_problem(environ, HTTPStatus.REQUEST_TIMEOUT, "body_timeout", detail, headers=_CLOSE)
        except BodyTooLarge:
            detail = f"The body may have at most {largest} bytes."
            return raw_problem(environ, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail, headers=_CLOSE)
        except BodyIncomplete:
            detail = "The body ends before it is complete."
            return raw_problem(environ, HTTPStatus.BAD_REQUEST, "bad_request", detail, headers=_CLOSE)
        if problem := _find_problem(scope, environ):
            return raw_problem(environ, HTTPStatus.BAD_REQUEST, "bad_request", problem)
        _put_body(environ, body)
        response = None if body else await self._fast_path.answer(environ)
        return response or await self._answer_in_thread(environ, receive)

    async def _answer_in_thread(self, environ: dict[str, Any], receive: Receive) -> RawResponse:
        thread = self._thread_of(environ)
        answering = asyncio.ensure_future(thread.run(lambda: self._run(environ), lambda: _wait_for_disconnect(receive)))
        try:
            response = await self._while_database_answers(answering, is_readiness=thread is self._readiness)
        except QueueFull:
            return unavailable(environ, "Too many requests are waiting. Try again in a moment.")
        except TimeoutError:
            return unavailable(environ, "The database does not answer.")
        self._fast_path.store_headers(environ, response)
        return response

    async def _while_database_answers(
        self, answering: "asyncio.Future[RawResponse]", *, is_readiness: bool
    ) -> RawResponse:
        """Wait for the response as long as the database answers. Raises TimeoutError."""
        try:
            while True:
                seconds = _READINESS_SECONDS if is_readiness else _DATABASE_CHECK_SECONDS
                await asyncio.wait({answering}, timeout=seconds)
                if answering.done():
                    return answering.result()
                if is_readiness or not await self._fast_path.database_answers():
                    raise TimeoutError
        finally:
            answering.cancel()

    def _thread_of(self, environ: dict[str, Any]) -> QueuedThread:
        path = environ["PATH_INFO"]
        if path == "/readyz":
            return self._readiness
        is_password = environ["REQUEST_METHOD"] == "POST" and path in self._password_paths
        return self._passwords if is_password else self._requests

    def _largest_body_of(self, environ: dict[str, Any]) -> int:
        """The usual limit, unless the body is larger, or of unknown length, and its path allows more."""
        length = environ.get("HTTP_CONTENT_LENGTH")
        if length is not None and int(length) <= self._largest_body:
            return self._largest_body
        # Anonymous requests may not upload files.
        has_credentials = "HTTP_AUTHORIZATION" in environ or "HTTP_COOKIE" in environ
        if environ["REQUEST_METHOD"] in ("POST", "PUT") and has_credentials:
            for path, limit in self._limits_by_path.items():
                if path.fullmatch(environ["PATH_INFO"]):
                    return limit
        return self._largest_body

    async def _read_body(self, environ: dict[str, Any], receive: Receive, largest: int, seconds: float) -> bytes:
        """Raises TimeoutError, BodyTooLarge, BodyIncomplete."""
        length = environ.get("HTTP_CONTENT_LENGTH")
        if length is None and "HTTP_TRANSFER_ENCODING" not in environ:
            return b""
        if length is not None and int(length) > largest:
            raise BodyTooLarge
        body, is_complete = bytearray(), False
        async with asyncio.timeout(seconds):
            while not is_complete:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyIncomplete
                body += message.get("body", b"")
                if len(body) > largest:
                    raise BodyTooLarge
                is_complete = not message.get("more_body", False)
        return bytes(body)

    def _run(self, environ: dict[str, Any]) -> RawResponse:
        started: list[Any] = []

        def start_response(status: str, headers: Headers, error: Any = None) -> None:
            started[:] = [int(status.split(" ", 1)[0]), headers]

        chunks = self._wsgi(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        return status, headers, body


def _request_id(environ: dict[str, Any]) -> str:
    """The client's, if it is safe in a header and in a log line; else a new one."""
    client_id: str = environ.get("HTTP_X_REQUEST_ID", "")
    return client_id if _REQUEST_ID.fullmatch(client_id) else f"{getrandbits(128):032x}"  # no secret


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _environ(scope: Scope, path_prefix: str) -> dict[str, Any]:
    """The WSGI environ (PEP 3333), whose texts are bytes decoded as Latin-1; `_put_body` adds the body."""
    host, port = scope.get("server") or ("localhost", 80)
    client, _ = scope.get("client") or ("", 0)
    raw_path: bytes = scope["raw_path"]
    path = (unquote_to_bytes(raw_path) if b"%" in raw_path else raw_path).decode("latin-1")
    if path.startswith(f"{path_prefix}/") or path == path_prefix:
        path = path[len(path_prefix) :]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": path_prefix,
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue  # X_Forwarded_For would become X-Forwarded-For
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = value if key not in environ else f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"
    return environ


def _put_body(environ: dict[str, Any], body: bytes) -> None:
    """Add the whole body, and replace the headers that describe it."""
    for name in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
        environ.pop(name, None)
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(len(body)) if body else ""
    environ["wsgi.input"] = BytesIO(body)


def _find_problem(scope: Scope, environ: dict[str, Any]) -> str | None:
    """What is wrong with the request, if Django would accept it, or would fail outside of a view."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not hosts[0]:  # RFC 9112, 3.2
        return "A request has exactly one Host header."
    content_type = environ.get("HTTP_CONTENT_TYPE", "")
    if ";" in content_type:
        try:
            parse_header_parameters(content_type)
        except ValueError:
            return "The Content-Type has a parameter that cannot be read."
    return None
