"""The commonest requests on the shortest way: what a view can read, or do, in one statement, for JSON.

What such a request does not need is not run for it: REST framework's dispatch, sessions, logins, messages. Whatever is
not plain, or is an error, goes the usual way, which answers the same, byte for byte: docs/adr/0014. The middleware here
does it in a thread of any server; `netflix.api.hot_loop` in the event loop of ours.
"""

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve

from netflix.api import caching
from netflix.api.caching import PublicReads
from netflix.api.prepared import Query
from netflix.api.refusals import log_answer
from netflix.api.renderers import OrjsonRenderer
from netflix.api.throttles import WRITE_COUNTED, CountWrite, Usage, count_read

# What common clients accept, and get JSON for.
_ACCEPTS_JSON = frozenset({"*/*", "application/json", "application/json, text/plain, */*"})
# With one of these a request has a session, a body, or a condition that is seldom made.
_NOT_PLAIN = (
    "HTTP_COOKIE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE",
)  # fmt: skip
_LONGEST_PATH, _LONGEST_QUERY, _MOST_PARAMETERS = 100, 1000, 10

# In the environ of a request that was counted, if it reads, and tried before it came here.
COUNTED = "netflix.counted"
# In that of one that was answered here: its `Kind`.
ANSWERED = "netflix.answered"

GetResponse = Callable[[HttpRequest], HttpResponse]
# The callback of an address, the method, whether the request came encrypted, and whether with a login.
Kind = tuple[Any, str, bool, bool]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    etag: str | None = None
    usage: Usage | None = None  # of a limit that is told about


# Yields what to ask, is sent what the answer is, and returns that of the request, or None for the usual way.
Answering = Generator[Query[Any] | CountWrite, Any, Answer | None]


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
        match = None if COUNTED in request.META else hot_view(request)
        if match is None or not may_try(request):
            return None
        try:
            answer = _run(answering(request, match))
        except (OperationalError, InterfaceError):  # the usual way says what is wrong
            return None
        if answer is None:
            return None
        log_answer(request.META, answer.status)
        if answer.status != 304:
            request.META[ANSWERED] = kind_of(request, match)
        return _response(request, match, answer)


def hot_view(request: HttpRequest) -> ResolverMatch | None:
    """The view with a hot read for this request; None leaves it to the usual way."""
    if not _is_plain(request.META) or len(request.path_info) > _LONGEST_PATH:
        return None
    try:
        request.get_host()
    except DisallowedHost:
        return None
    match = _hot_view_at(request.path_info, request.META["REQUEST_METHOD"])
    if match is not None:
        request.GET = _parsed(request.META.get("QUERY_STRING", ""))  # type: ignore[assignment]  # immutable, as it was
    return match


@lru_cache(4096)
def _parsed(query: str) -> QueryDict:
    """What the request would make of it each time; nobody can change it."""
    return QueryDict(query)


@lru_cache(10_000)
def _hot_view_at(path: str, method: str) -> ResolverMatch | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    view: Any = getattr(match.func, "cls", object)
    if method != "GET":
        return match if method in getattr(view, "hot_writes", ()) else None
    return match if issubclass(view, PublicReads) and _action(match) in view.hot_reads else None


def kind_of(request: HttpRequest, match: ResolverMatch) -> Kind:
    return match.func, request.META["REQUEST_METHOD"], request.is_secure(), has_login(request)


def has_login(request: HttpRequest) -> bool:
    return bool(request.META.get("HTTP_AUTHORIZATION"))


def may_try(request: HttpRequest) -> bool:
    """Counts a read. One that is too many is counted, and refused, on the usual way."""
    if request.method == "GET" and count_read(request.META.get("REMOTE_ADDR", "")) is not None:
        return False
    request.META[COUNTED] = True
    return True


def answering(request: HttpRequest, match: ResolverMatch) -> Answering:
    viewer_id = None
    if has_login(request):
        asks_who = _asks_who(request, match)
        viewer_id = (yield asks_who) if asks_who else None
        if viewer_id is None:
            return None
    return (yield from (_reading if request.method == "GET" else _writing)(request, match, viewer_id))


def _asks_who(request: HttpRequest, match: ResolverMatch) -> Query[int | None] | None:
    """Who is logged in; None if that is not to be had shortly."""
    view: Any = match.func.cls  # type: ignore[attr-defined]  # as REST framework notes it
    for authentication in view.authentication_classes:
        if asks := getattr(authentication, "viewer_query", None):
            query: Query[int | None] | None = asks(request.META["HTTP_AUTHORIZATION"])
            return query
    return None


def _reading(request: HttpRequest, match: ResolverMatch, viewer_id: int | None) -> Answering:
    view: type[PublicReads] = match.func.cls  # type: ignore[attr-defined]
    at = caching.moment() if view.depends_on_time(request) else None
    known = request.META.get("HTTP_IF_NONE_MATCH", "")

    def mark(version: bytes | None) -> str:
        return caching.snapshot_mark(request, version, media_type="application/json", viewer_id=viewer_id, at=at)

    if known and (tag := caching.named_tag(known, snapshot=mark((yield caching.VERSION_NOW)))):
        return Answer(304, b"", tag)
    query = view.hot_reads[_action(match)](request, **match.kwargs)
    found = (yield query) if query else None
    if found is None:
        return None
    facts = (yield from _facts(match, viewer_id)) if viewer_id else {}
    body = OrjsonRenderer().render(found.extended(facts))
    if known and (tag := caching.named_tag(known, body=caching.body_mark(body))):
        return Answer(304, b"", tag)
    return Answer(200, body, caching.entity_tag(body, mark(found.version)))


def _facts(match: ResolverMatch, viewer_id: int) -> Generator[Query[Any], Any, dict[str, Any]]:
    """What the address says of the viewer's own, beside what it says to all."""
    facts: dict[str, Any] = {}
    for facts_of in match.func.initkwargs.get("viewer_facts", ()):  # type: ignore[attr-defined]
        facts |= yield facts_of(viewer_id, **match.kwargs)
    return facts


def _writing(request: HttpRequest, match: ResolverMatch, viewer_id: int | None) -> Answering:
    view: Any = match.func.cls  # type: ignore[attr-defined]
    query = view.hot_writes[request.method](viewer_id, **match.kwargs)
    if viewer_id is None or query is None:
        return None
    usage = (yield CountWrite(viewer_id)) if "write" in settings.THROTTLE_RATES else None
    request.META[WRITE_COUNTED] = usage
    if usage and not usage.allowed:
        return None
    done = yield query
    return Answer(done.status, OrjsonRenderer().render(done.data), usage=usage) if done else None


def _is_plain(meta: Mapping[str, Any]) -> bool:
    if not settings.HOT_READS or any(map(meta.get, _NOT_PLAIN)):
        return False
    if meta.get("CONTENT_TYPE", "") not in ("", "application/json") or meta.get("HTTP_IF_NONE_MATCH") == "*":
        return False
    query = meta.get("QUERY_STRING", "")
    if meta["REQUEST_METHOD"] != "GET" and (
        query or not meta.get("HTTP_AUTHORIZATION") or "HTTP_IF_NONE_MATCH" in meta
    ):
        return False
    if len(query) > _LONGEST_QUERY or query.count("&") >= _MOST_PARAMETERS or not query.isascii():
        return False
    return meta.get("HTTP_ACCEPT", "*/*") in _ACCEPTS_JSON and "%00" not in query


def _run(answering: Answering) -> Answer | None:
    try:
        query = next(answering)
        while True:
            query = answering.send(query.run())
    except StopIteration as end:
        answer: Answer | None = end.value
        return answer


def _response(request: HttpRequest, match: ResolverMatch, answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    if answer.status != 304:
        response["Allow"], response["Content-Length"] = _allow(match.func), str(len(answer.body))
    if answer.status == 200:
        response["Content-Type"] = "application/json"
    if request.method == "GET":
        caching.tell_caches(response, is_own=has_login(request))
    else:
        response["Vary"], response["Cache-Control"] = "Accept", "no-store"
    for name, value in told(answer).items():
        response[name] = value
    return response


def told(answer: Answer) -> dict[str, str]:
    """The headers that are of this answer alone, beside its length."""
    limits = answer.usage.headers() if answer.usage else {}
    return limits if answer.etag is None else limits | {"ETag": answer.etag}


def _action(match: ResolverMatch) -> str:
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
