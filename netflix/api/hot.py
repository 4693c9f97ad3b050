"""The commonest requests on the shortest way: anonymous GETs for JSON of what a view can read in one statement.

What such a request does not need is not run for it: REST framework's dispatch, sessions, logins, messages. Whatever is
not plain, or is an error, goes the usual way, which answers the same, byte for byte: docs/adr/0014.
"""

import uuid
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import get_conditional_response

from netflix.api import caching
from netflix.api.caching import PublicReads
from netflix.api.renderers import OrjsonRenderer
from netflix.api.throttles import count_read

# What common clients accept, and get JSON for.
_ACCEPTS_JSON = frozenset({"*/*", "application/json", "application/json, text/plain, */*"})
# With one of these a request is somebody's own, or has a body.
_NOT_PLAIN = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")
_LONGEST_QUERY = 1000

_access_log = structlog.get_logger("django_structlog.middlewares.request")
GetResponse = Callable[[HttpRequest], HttpResponse]


def parameters(request: HttpRequest, known: Collection[str]) -> dict[str, str] | None:
    """The address's parameters; None unless they are all known, given once and not empty."""
    given = request.GET.lists()
    plain = {name: values[0] for name, values in given if name in known and len(values) == 1 and values[0]}
    return plain if len(plain) == len(request.GET) else None


class HotReads:
    """Middleware. What stands before it is for every answer; what stands after it, for those it does not give."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._shortly(request) or self.get_response(request)

    def _shortly(self, request: HttpRequest) -> HttpResponse | None:
        match = _hot_view(request) if _is_plain(request) else None
        if match is None or not _may_read(request):
            return None
        try:
            answer = _answer(request, match)
        except (OperationalError, InterfaceError):  # the usual way says what is wrong
            return None
        if answer is not None:
            _log(request, answer)
        return answer


def _is_plain(request: HttpRequest) -> bool:
    meta = request.META
    if request.method != "GET" or not settings.HOT_READS or any(map(meta.get, _NOT_PLAIN)):
        return False
    if meta.get("CONTENT_TYPE", "") not in ("", "application/json") or meta.get("HTTP_IF_NONE_MATCH") == "*":
        return False
    query = meta.get("QUERY_STRING", "")
    return meta.get("HTTP_ACCEPT", "*/*") in _ACCEPTS_JSON and len(query) <= _LONGEST_QUERY and "%00" not in query


def _hot_view(request: HttpRequest) -> ResolverMatch | None:
    try:
        request.get_host()
        match = resolve(request.path_info)
    except (DisallowedHost, Resolver404):
        return None
    view: Any = getattr(match.func, "cls", object)
    return match if issubclass(view, PublicReads) and _method(match) in view.hot_reads else None


def _may_read(request: HttpRequest) -> bool:
    """Counts the read. One that is too many is counted, and refused, on the usual way."""
    if count_read(request.META.get("REMOTE_ADDR", "")) is not None:
        return False
    request.is_counted = True  # type: ignore[attr-defined]  # for the middleware RateLimits
    return True


def _answer(request: HttpRequest, match: ResolverMatch) -> HttpResponse | None:
    view: type[PublicReads] = match.func.cls  # type: ignore[attr-defined]  # as REST framework notes it
    at = caching.moment() if view.depends_on_time(request) else None

    def answer(body: bytes, version: bytes | None) -> HttpResponse:
        response = HttpResponse(body, content_type="application/json")
        response["Allow"], response["Content-Length"] = _allow(match.func), str(len(body))
        caching.tell_caches(response, is_own=False)
        if version:
            response["ETag"] = caching.etag(request, version, media_type="application/json", viewer_id=None, at=at)
        return response

    if "HTTP_IF_NONE_MATCH" in request.META:
        unchanged = answer(b"", caching.VERSION_NOW.run())
        if caching.is_known(request, tag := unchanged.headers.get("ETag", "")):
            return get_conditional_response(request, etag=tag, response=unchanged)
    query = view.hot_reads[_method(match)](request, **match.kwargs)
    found = query.run() if query else None
    return answer(OrjsonRenderer().render(found.data), found.version) if found else None


def _method(match: ResolverMatch) -> str:
    actions: dict[str, str] = getattr(match.func, "actions", None) or {}
    return actions.get("get", "get")


@cache
def _allow(callback: Any) -> str:
    """The methods of an address, as its view lists them."""
    view = callback.cls(**callback.initkwargs)
    for method, action in (getattr(callback, "actions", None) or {}).items():
        setattr(view, method, getattr(view, action))
    if hasattr(view, "get"):
        view.head = view.get
    return ", ".join(view.allowed_methods)


def _log(request: HttpRequest, answer: HttpResponse) -> None:
    """The line that every other request has, too."""
    _access_log.info(
        "request_finished",
        code=answer.status_code,
        request=f"{request.method} {request.get_full_path()}",
        request_id=request.META.get("HTTP_X_REQUEST_ID") or str(uuid.uuid4()),
        ip=request.META.get("REMOTE_ADDR"),
    )
