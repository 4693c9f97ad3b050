"""Hot reads answered by the server's event loop itself, on its own connections: no thread takes part."""

import asyncio
from typing import Any

import psycopg
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.urls import set_script_prefix

from netflix.api.hot import ANSWERED, Answer, Answering, Kind, answering, hot_view, kind_of, may_try, told
from netflix.api.pipeline import Pipeline
from netflix.api.prepared import Query
from netflix.api.refusals import Headers, RawResponse, log_answer, unavailable
from netflix.api.throttles import CountWrite

# What is not the same for all answers of a kind; and what says of a body what it is.
_OWN = ("ETag", "Content-Length", "RateLimit", "RateLimit-Policy")
_OF_A_BODY = ("Content-Type", "Allow")
_TIMEOUTS = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)


class HotLoop:
    """For one event loop. The headers are those of the first answer of each kind, which goes through all middleware."""

    def __init__(self) -> None:
        self._reads, self._writes = Pipeline(), Pipeline()  # who waits for a row keeps no reader waiting
        self._headers: dict[Kind, Headers] = {}

    async def answer(self, environ: dict[str, Any]) -> RawResponse | None:
        """By PEP 3333's environ, of a request without a body. None leaves it to the threads."""
        if not environ["PATH_INFO"].isascii():
            return None  # WSGIRequest decodes the path in place, and the thread would decode it again
        request = WSGIRequest(environ)
        set_script_prefix(environ["SCRIPT_NAME"] or "/")  # for links, as Django's handler does in a thread
        match = hot_view(request)
        headers = self._headers.get(kind_of(request, match)) if match else None
        if match is None or headers is None or not may_try(request):
            return None
        try:
            answer = await self._run(answering(request, match))
        except _TIMEOUTS:  # the thread would only wait as long again
            return unavailable(environ, "The database is busy. Try again in a moment.")
        except (psycopg.Error, DatabaseError):
            answer = None
        if answer is None:
            return None
        log_answer(environ, answer.status)
        return answer.status, _headers(headers, answer), answer.body

    def learn(self, environ: dict[str, Any], headers: Headers) -> None:
        """From what a thread has answered."""
        if kind := environ.get(ANSWERED):
            self._headers[kind] = [(name, value) for name, value in headers if name not in _OWN]

    def close(self) -> None:
        self._reads.close()
        self._writes.close()

    async def _asked(self, query: Query[Any] | CountWrite) -> Any:
        if isinstance(query, CountWrite):
            return await asyncio.get_running_loop().run_in_executor(None, query.run)
        return await (self._writes if query.statement.writes else self._reads).run(query)

    async def _run(self, answering: Answering) -> Answer | None:
        try:
            query = next(answering)
            while True:
                query = answering.send(await self._asked(query))
        except StopIteration as end:
            answer: Answer | None = end.value
            return answer


def _headers(learned: Headers, answer: Answer) -> Headers:
    own = list(told(answer).items())
    if answer.status == 304:
        return [header for header in learned if header[0] not in _OF_A_BODY] + own
    return [*learned, *own, ("Content-Length", str(len(answer.body)))]
