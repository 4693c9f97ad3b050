"""Answers plain requests in the event loop, without a thread, middleware or REST framework's dispatch."""

import asyncio
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.core.exceptions import DisallowedHost, ObjectDoesNotExist
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import Resolver404, resolve, set_script_prefix
from rest_framework.exceptions import APIException

from netflix.api import entity_tags
from netflix.api.raw_responses import RawResponse, log_response, unavailable
from netflix.api.renderers import OrjsonRenderer
from netflix.api.throttles import READ_COUNTED, WRITE_COUNTED, count_write, exceeded_read_limit
from netflix.hot.connections import Connections, DatabaseBusy
from netflix.hot.response_headers import CacheKey, ResponseHeaderCache
from netflix.hot.statements import Query, Statement
from netflix.hot.steps import Call, Read, Steps, Write

# Accept headers of common clients, which get JSON.
_ACCEPTS_JSON = frozenset({"*/*", "application/json", "application/json, text/plain, */*"})
# Headers of requests that have a session, a body or an uncommon condition.
_NOT_PLAIN = (
    "HTTP_COOKIE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE",
)  # fmt: skip
_MAX_PATH_LENGTH, _MAX_QUERY_LENGTH, _MAX_PARAMETERS = 100, 1000, 10
_PING_SECONDS = 1.5
_PING = Query(Statement("SELECT 1"), {}, len)

_TIMEOUTS = (DatabaseBusy, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
# Errors that the fallback answers.
_FALLBACK_ERRORS = (APIException, ObjectDoesNotExist, DisallowedHost, psycopg.Error, DatabaseError)


class Route(NamedTuple):
    """The view at a path, and what the fast path runs for a method."""

    view: Any  # the class
    callback: Any
    arguments: dict[str, Any]
    read: Read | None
    write: Write | None


class FastResponse(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]  # those that differ from response to response


class _Request(WSGIRequest):
    """Determines scheme and host only once, however many links are made with them."""

    @cached_property
    def scheme(self) -> str | None:
        return super().scheme

    @cached_property
    def _host(self) -> str:
        return super().get_host()

    def get_host(self) -> str:
        return self._host


class FastPath:
    """For one event loop. `deadline`: see `Connections`."""

    def __init__(self, *, deadline: float | None = None) -> None:
        self._connections = Connections(deadline=deadline)
        self._headers = ResponseHeaderCache()

    async def answer(self, environ: dict[str, Any]) -> RawResponse | None:
        """For PEP 3333's environ of a request without a body. None: the fallback has to answer."""
        route = _route_at(environ["PATH_INFO"], environ["REQUEST_METHOD"]) if _is_plain(environ) else None
        if route is None:
            return None
        request = _Request(environ)
        key = CacheKey(route.callback, environ["REQUEST_METHOD"], request.is_secure(), _has_login(environ))
        if key not in self._headers:
            self._headers.mark(environ, key)
            return None
        if not _try_count_read(environ):
            return None
        try:
            response = await self._run(_answer(request, route))
        except _TIMEOUTS:  # the fallback would only wait as long again
            return unavailable(environ, "The database is busy. Try again in a moment.")
        except _FALLBACK_ERRORS:
            return None
        return response and self._raw(environ, key, response)

    def store_headers(self, environ: dict[str, Any], response: RawResponse) -> None:
        """Called with each response of the fallback."""
        self._headers.store(environ, response)

    async def database_answers(self) -> bool:
        """Whether the database executes queries at all; takes at most two seconds."""
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._connections.run(_PING)
        except (TimeoutError, DatabaseBusy):
            return False
        except (psycopg.Error, DatabaseError):
            return True  # it refuses, so it answers
        return True

    def close(self) -> None:
        self._connections.close()

    def _raw(self, environ: dict[str, Any], key: CacheKey, response: FastResponse) -> RawResponse:
        log_response(environ, response.status)
        headers = self._headers.build(key, response.status, response.headers, len(response.body))
        return response.status, headers, response.body

    async def _run(self, steps: Steps[FastResponse | None]) -> FastResponse | None:
        try:
            step = next(steps)
            while True:
                step = steps.send(await self._result(step))
        except StopIteration as end:
            response: FastResponse | None = end.value
            return response

    async def _result(self, step: Any) -> Any:
        if isinstance(step, Query):
            return await self._connections.run(step)
        return await asyncio.get_running_loop().run_in_executor(None, step.run)


def _answer(request: HttpRequest, route: Route) -> Steps[FastResponse | None]:
    set_script_prefix(request.META["SCRIPT_NAME"] or "/")  # for links, as Django's handler does in the fallback
    request.get_host()  # which may raise DisallowedHost
    viewer_id = None
    if _has_login(request.META):
        query = _viewer_query(request, route.view)
        viewer_id = (yield query) if query else None
        if viewer_id is None:
            return None
    if route.read is not None:
        return (yield from _read(request, route, route.read, viewer_id))
    if route.write is None or viewer_id is None:
        return None
    return (yield from _write(request, route, route.write, viewer_id))


def _viewer_query(request: HttpRequest, view: Any) -> Query[int | None] | None:
    """A query for the viewer's id; None if the authentication class has none."""
    for authentication in view.authentication_classes:
        if viewer_query := getattr(authentication, "viewer_query", None):
            query: Query[int | None] | None = viewer_query(request.META["HTTP_AUTHORIZATION"])
            return query
    return None


def _read(request: HttpRequest, route: Route, read: Read, viewer_id: int | None) -> Steps[FastResponse | None]:
    if viewer_id is None and route.view.login_required:
        return None
    hash_snapshot = route.view.snapshot_hasher(request, viewer_id, "application/json")
    client_tags = request.META.get("HTTP_IF_NONE_MATCH", "")
    if client_tags and route.view.is_public:
        current = hash_snapshot((yield entity_tags.CURRENT_SNAPSHOT))
        if tag := entity_tags.matching_tag(client_tags, snapshot_hash=current):
            return FastResponse(304, b"", {"ETag": tag})
    content = yield from read(request, viewer_id, **route.arguments)
    if client_tags and (tag := entity_tags.matching_tag(client_tags, body=entity_tags.body_hash(content.json))):
        return FastResponse(304, b"", {"ETag": tag})
    tag = entity_tags.entity_tag(content.json, hash_snapshot(content.snapshot))
    return FastResponse(200, content.json, {"ETag": tag})


def _write(request: HttpRequest, route: Route, write: Write, viewer_id: int) -> Steps[FastResponse | None]:
    usage = (yield Call(lambda: count_write(viewer_id))) if "write" in settings.THROTTLE_RATES else None
    request.META[WRITE_COUNTED] = usage
    if usage and not usage.allowed:
        return None
    result = yield from write(viewer_id, **route.arguments)
    if result is None:
        return None
    return FastResponse(result.status, OrjsonRenderer().render(result.data), usage.headers() if usage else {})


@lru_cache(10_000)
def _route_at(path: str, method: str) -> Route | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    view: Any = getattr(match.func, "cls", object)
    read = write = None
    if method == "GET":
        action = (getattr(match.func, "actions", None) or {}).get("get", "get")
        reads = getattr(match.func, "initkwargs", {}).get("reads") or getattr(view, "reads", {})
        read = reads.get(action)
    else:
        write = getattr(view, "fast_writes", {}).get(method)
    return Route(view, match.func, match.kwargs, read, write) if read or write else None


def _has_login(environ: Mapping[str, Any]) -> bool:
    return bool(environ.get("HTTP_AUTHORIZATION"))


def _try_count_read(environ: dict[str, Any]) -> bool:
    """Count a read, and mark the request as counted. False if it exceeds the limit: the fallback refuses it."""
    if environ["REQUEST_METHOD"] != "GET":
        return True
    if exceeded_read_limit(environ.get("REMOTE_ADDR", "")) is not None:
        return False
    environ[READ_COUNTED] = True
    return True


def _is_plain(environ: Mapping[str, Any]) -> bool:
    return _has_plain_headers(environ) and _has_plain_url(environ["PATH_INFO"], environ["QUERY_STRING"])


def _has_plain_headers(environ: Mapping[str, Any]) -> bool:
    if any(map(environ.get, _NOT_PLAIN)) or environ.get("HTTP_ACCEPT", "*/*") not in _ACCEPTS_JSON:
        return False
    if environ.get("CONTENT_TYPE", "") not in ("", "application/json"):
        return False
    client_tags = environ.get("HTTP_IF_NONE_MATCH")
    if environ["REQUEST_METHOD"] == "GET":
        return client_tags != "*"
    return client_tags is None and _has_login(environ) and not environ["QUERY_STRING"]


def _has_plain_url(path: str, query: str) -> bool:
    if len(path) > _MAX_PATH_LENGTH or len(query) > _MAX_QUERY_LENGTH or query.count("&") >= _MAX_PARAMETERS:
        return False
    # WSGIRequest decodes a path beyond ASCII in place, and the fallback would decode it again.
    return path.isascii() and query.isascii() and "\0" not in path and "%00" not in query
