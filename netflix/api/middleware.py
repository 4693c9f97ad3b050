from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.deprecation import MiddlewareMixin

from netflix.api.entity_tags import matching_tag
from netflix.api.problems import PRECONDITION_FAILED, problem_http_response

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


class RefusePlainHTTP(MiddlewareMixin):
    """Refuses writes, and requests with a token, over plain HTTP; SecurityMiddleware redirects all others.

    Browsers follow a redirected POST with a GET that has no body. Programs would follow redirects silently and send
    their token in plain text each time; an error is noticed.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        must_not_redirect = request.method not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in request.META
        if settings.SECURE_SSL_REDIRECT and must_not_redirect and not request.is_secure():
            return problem_http_response(
                request, 403, "https_required", "Send this over HTTPS, to a URL that begins with https://."
            )
        return None


class ClientAddress(MiddlewareMixin):
    """Sets REMOTE_ADDR to the client's address behind TRUSTED_PROXIES, for throttles, lock-outs and logs.

    Each proxy appends the address of its client to X-Forwarded-For, so only the last TRUSTED_PROXIES entries can be
    trusted. The header is removed, because a client can forge the rest.
    """

    def process_request(self, request: HttpRequest) -> None:
        set_client_address(request.META)


def set_client_address(meta: dict[str, Any]) -> None:
    entries = meta.pop("HTTP_X_FORWARDED_FOR", None)
    if not settings.TRUSTED_PROXIES or entries is None:
        return
    client = entries.split(",")[-settings.TRUSTED_PROXIES :][0].strip()
    with suppress(ValueError):
        ip_address(client)
        meta["REMOTE_ADDR"] = client


class ConditionalRequests(ConditionalGetMiddleware):
    """Django's middleware, with our entity tags: only their body part is compared.

    The API's 412 is a problem details object.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code == HTTPStatus.NOT_MODIFIED:  # by a view
            for name in ("Allow", "Content-Length"):  # as in Django's own 304
                del response[name]
            return response
        if tag := self._tag_of_the_same_body(request, response):
            response.headers["ETag"] = tag
        conditional = super().process_response(request, response)
        # Browsers apply the headers of a 304 to the page in their cache, so it needs that page's policy.
        vars(conditional).update({name: value for name, value in vars(response).items() if name.startswith("_csp_")})
        if conditional.status_code != HTTPStatus.PRECONDITION_FAILED or not request.path_info.startswith("/api/"):
            return conditional
        return problem_http_response(request, 412, "precondition_failed", PRECONDITION_FAILED)

    def _tag_of_the_same_body(self, request: HttpRequest, response: HttpResponseBase) -> str | None:
        body = response.headers.get("ETag", "").strip('"').partition("-")[0]
        conditions = [request.META.get(name, "") for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")]
        return matching_tag(", ".join(filter(None, conditions)), body=body)


class RefuseUnreadable(MiddlewareMixin):
    """Refuses requests that views cannot read.

    405: an unknown method, or TRACE, outside of the API, whose views list their methods. 400: a NUL byte in the
    URL, which PostgreSQL can neither store nor compare. 415: a charset other than UTF-8; Python would also accept
    codecs such as zlib, which decompress the body. 411: a body without its length, which WSGI takes for empty
    (netflix/bridge.py always gives the length).
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.method not in _METHODS and not request.path_info.startswith("/api/"):
            return HttpResponseNotAllowed(_METHODS)
        query: str = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or "\0" in query:
            return problem_http_response(request, 400, "nul_byte", "A NUL byte cannot be part of a URL.")
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in _CHARSETS:
            return problem_http_response(request, 415, "unsupported_charset", "The charset has to be UTF-8.")
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            return problem_http_response(
                request, 411, "length_required", "The body's length has to be given: Content-Length."
            )
        return None


class PrivateByDefault(MiddlewareMixin):
    """Forbids caching of the API's responses unless the view sets Cache-Control: most are private."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path_info.startswith("/api/v1/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PermissionsPolicy(MiddlewareMixin):
    """Disables browser features that our pages do not use."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        return response
