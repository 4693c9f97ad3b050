from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware

from netflix.api.caching import named_tag
from netflix.api.errors import problem_http_response
from netflix.api.throttles import READ_COUNTED, Usage, count, count_read, counted_as

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")
GetResponse = Callable[[HttpRequest], HttpResponse]


class RefusePlainHTTP:
    """Refuses in plain HTTP what a redirect would change or hide.

    A browser that follows a redirect sends a POST as a GET without its body. A program with a token would follow it and
    go on sending the token for everybody on its way to read; an error is noticed. Pages are redirected, by
    SecurityMiddleware, and so are reads without a login.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_more_than_an_address = request.method not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in request.META
        if settings.SECURE_SSL_REDIRECT and has_more_than_an_address and not request.is_secure():
            return problem_http_response(403, "https_required", "Send this over HTTPS, to an address with https://.")
        return self.get_response(request)


class ClientAddress:
    """Makes REMOTE_ADDR the client's address behind TRUSTED_PROXIES, for throttles, lock-outs and logs alike.

    Each proxy appends whom it heard from, so only the last entries of X-Forwarded-For can be believed: as many as there
    are proxies. The rest is what a client likes to claim, and nobody after us gets to see it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        find_client(request.META)
        return self.get_response(request)


def find_client(meta: dict[str, Any]) -> None:
    entries = meta.pop("HTTP_X_FORWARDED_FOR", None)
    if not settings.TRUSTED_PROXIES or entries is None:
        return
    believed = entries.split(",")[-settings.TRUSTED_PROXIES :][0].strip()
    if _is_address(believed):
        meta["REMOTE_ADDR"] = believed


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class Conditions(ConditionalGetMiddleware):
    """Django's, for our entity tags: the same body is the same, whatever else was written since.

    Its answer to a condition that does not hold says so to the API's clients.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code == HTTPStatus.NOT_MODIFIED:  # a view has found out by itself
            for name in ("Allow", "Content-Length"):  # which Django leaves out of its own
                del response[name]
            return response
        if tag := self._tag_of_the_same_body(request, response):
            response.headers["ETag"] = tag
        answer = super().process_response(request, response)
        if answer.status_code != HTTPStatus.PRECONDITION_FAILED or not request.path_info.startswith("/api/"):
            return answer
        return problem_http_response(412, "precondition_failed", "What is here is not what your request expects.")

    def _tag_of_the_same_body(self, request: HttpRequest, response: HttpResponseBase) -> str | None:
        ours = response.headers.get("ETag", "")
        theirs = [request.META.get(name, "") for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")]
        body = ours.strip('"').partition("-")[0]
        return named_tag(", ".join(filter(None, theirs)), body=body) if ours and any(theirs) else None


class RefuseUnreadable:
    """Answers what no view could read, before anybody tries.

    A method that HTTP does not define, or TRACE, at a page for people: 405 (the API's views say which they have).
    A NUL byte in the address, which PostgreSQL can neither store nor compare: 400. A charset that is no text encoding
    we speak, such as zlib, which Python would decode all the same: 415. A body without its length, which WSGI takes for
    an empty one: 411 (our own server's bridge has counted it, and never sends one here).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in _METHODS and not request.path_info.startswith("/api/"):
            return HttpResponseNotAllowed(_METHODS)
        query: str = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or "\0" in query:
            return problem_http_response(400, "nul_byte", "A NUL byte cannot be part of an address.")
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in _CHARSETS:
            return problem_http_response(415, "unsupported_charset", "The charset has to be UTF-8.")
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            return problem_http_response(411, "length_required", "The body's length has to be given: Content-Length.")
        return self.get_response(request)


class RateLimits:
    """Limits by address what needs no view to be counted, and tells in headers what is left of any limit.

    Reads are counted in this process, without a word to Redis. Whoever knocks at a door that checks a password is
    counted before the check, which is slow on purpose.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        usage = self._count(request)
        if usage is not None and not usage.allowed:
            response = problem_http_response(429, "throttled", f"Too many requests. Wait {usage.seconds_left} seconds.")
        else:
            response = self.get_response(request)
            usage = getattr(request, "rate_limit", usage)  # a view may have counted too
        if usage is not None:
            for name, value in usage.headers().items():
                response[name] = value
        return response

    def _count(self, request: HttpRequest) -> Usage | None:
        address = request.META.get("REMOTE_ADDR", "")  # none over a Unix socket
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None if READ_COUNTED in request.META else count_read(address)
        return count("login", counted_as(address)) if request.path_info in settings.PASSWORD_PATHS else None


class PrivateUnlessSaid:
    """No cache keeps what the API answers, unless the view says how: most of it is somebody's own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/api/v1/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PermissionsPolicy:
    """Our pages need nothing of what a browser could lend them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        return response
