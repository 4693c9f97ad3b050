"""The two paths that answer a request: the event loop's fast path, and the view, which a thread would run."""

import asyncio
import re
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import unquote_to_bytes
from wsgiref.util import setup_testing_defaults

import orjson
from django.core.wsgi import get_wsgi_application
from knox.models import AuthToken

from netflix.api.caching import rounded_now
from netflix.hot.fast_path import FastPath

# Differs between any two answers: the request's id, and the token of a form.
_MOMENTARY = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|csrf[^>]*")


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]  # sorted; an entity tag without the part that names a snapshot
    body: bytes

    def header(self, name):
        return dict(self.headers).get(name)

    def json(self):
        return orjson.loads(self.body)


def environ(url, method="GET", **headers):
    """The WSGI environ (PEP 3333) that our server makes of a request without a body."""
    path, _, query = url.partition("?")
    made = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": headers.pop("remote_addr", "192.0.2.7"),
        "CONTENT_LENGTH": "",
        "CONTENT_TYPE": headers.pop("content_type", ""),
        "SCRIPT_NAME": headers.pop("script_name", ""),
        "HTTP_X_REQUEST_ID": "a-request",
    }
    setup_testing_defaults(made)
    return made | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}


def login_of(user):
    """Headers with a new token of the user."""
    return {"authorization": f"Bearer {AuthToken.objects.create(user)[1]}"}


class Ways:
    """A fast path, which learns its headers from the view's answers, and the view."""

    def __init__(self, **options):
        self._application = get_wsgi_application()
        self._runner = asyncio.Runner()
        self._fast_path = FastPath(**options)

    def close(self):
        self._fast_path.close()
        self._runner.close()

    def both(self, url, method="GET", **headers):
        """The fast path's answer, or None if it leaves the request to the view; and the view's answer.

        The view must give the same answer whether the fast path has tried before or not.
        """
        for _ in range(3):
            began = rounded_now()  # within one, answers that depend on the time are the same
            served, is_fast = self.served(url, method, **headers)
            if not is_fast:  # now it has learned the headers, unless that was an error
                served, is_fast = self.served(url, method, **headers)
            viewed = self.viewed(url, method, **headers)
            if began == rounded_now():
                break
        assert is_fast or served == viewed, url
        return (served if is_fast else None), viewed

    def same(self, url, method="GET", **headers):
        """The answer of both paths. Asserts that it is the same."""
        fast, view = self.both(url, method, **headers)
        assert fast == view, url
        return view

    def tag(self, url, **headers):
        """The fast path's entity tag, both parts."""
        self.same(url, **headers)
        return dict(self.fast(environ(url, **headers))[1])["ETag"]

    def served(self, url, method="GET", **headers):
        """The answer that our server would give, and whether the fast path gave it."""
        made = environ(url, method, **headers)
        answer = self.fast(made)
        return _cleaned(answer or self.view(made)), answer is not None

    def viewed(self, url, method="GET", **headers):
        """The view's answer to a request that the fast path has not tried."""
        return _cleaned(self.view(environ(url, method, **headers)))

    def fast(self, made):
        """The event loop's answer, as it is."""
        return self._runner.run(self._fast_path.answer(made))

    def view(self, made):
        """The view's answer, as it is. The fast path learns from it."""
        started = []

        def start_response(status, headers, error=None):
            started[:] = [int(status.partition(" ")[0]), headers]

        chunks = self._application(made, start_response)
        try:
            answer = (*started, b"".join(chunks))
        finally:
            chunks.close()
        self._fast_path.store_headers(made, answer)
        return answer

    def run(self, ask):
        """Call the coroutine function `ask` with the fast path, in its event loop, and return its result."""
        return self._runner.run(ask(self._fast_path))


@contextmanager
def ways_of(**options):
    opened = Ways(**options)
    try:
        yield opened
    finally:
        opened.close()


def _cleaned(raw):
    status, headers, body = raw
    momentary = {"X-Request-ID", "RateLimit"}
    if dict(headers).get("Content-Type", "").startswith("text/html"):
        momentary |= {"ETag", "Set-Cookie"}  # with the token of its form
    kept = [
        (name, value.partition("-")[0].rstrip('"') if name == "ETag" else value)
        for name, value in headers
        if name not in momentary
    ]
    return Answer(status, sorted(kept), _MOMENTARY.sub(b"", body))
