"""Cross-origin requests: which pages of other origins may call the API from a browser.

See https://fetch.spec.whatwg.org/#http-cors-protocol. The web server adds these headers to every response under /api/,
those that never reach Django included; django-cors-headers would only see the others. Credentials are never allowed:
other origins send a token, and no cookie.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netflix.api.raw_responses import Headers, RawResponse, log_response

ANY_ORIGIN = "*"

_EXPOSED = "ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID"
_MAX_AGE = "7200"  # seconds; no browser remembers a preflight for longer than a day, Chrome for two hours
_LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")


class Cors:
    """`origins` as browsers send them, or `https://*.example.com` for all subdomains; `*` alone allows all.

    `local` allows pages of this machine, on any port.
    """

    def __init__(self, origins: Sequence[str], *, local: bool = False) -> None:
        self._everybody = ANY_ORIGIN in origins
        self._origins = frozenset(origins)
        subdomains = [origin.partition("*.") for origin in origins if "*." in origin]
        self._subdomains = [(scheme, f".{domain}") for scheme, _, domain in subdomains]
        self._local = local

    def preflight(self, environ: Mapping[str, Any]) -> RawResponse | None:
        """The response to a preflight request; None for any other request, and if the origin is not allowed."""
        is_preflight = environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        if not is_preflight or not self._allows(environ):
            return None
        log_response(environ, 204)
        headers = [
            ("Access-Control-Allow-Methods", _METHODS),
            ("Access-Control-Allow-Headers", _REQUEST_HEADERS),
            ("Access-Control-Max-Age", _MAX_AGE),
        ]
        return 204, headers, b""

    def add_headers(self, environ: Mapping[str, Any], headers: Headers) -> Headers:
        """A response's headers, and those that tell the browser which origin may read it.

        Unless all origins are allowed, the response has `Vary: Origin`, even if the request has no origin: otherwise a
        cache could give an allowed page a response that allows nobody.
        """
        if not _is_api(environ) or not (self._everybody or self._origins or self._local):
            return headers
        if not self._everybody:
            headers = _vary_by_origin(headers)
            if not self._allows(environ):
                return headers
        allowed = ANY_ORIGIN if self._everybody else environ["HTTP_ORIGIN"]
        return [*headers, ("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", _EXPOSED)]

    def _allows(self, environ: Mapping[str, Any]) -> bool:
        origin = environ.get("HTTP_ORIGIN", "")
        if not origin or not _is_api(environ):
            return False
        return (
            self._everybody
            or origin in self._origins
            or any(origin.startswith(scheme) and origin.endswith(domain) for scheme, domain in self._subdomains)
            or (self._local and _LOCAL.fullmatch(origin) is not None)
        )


def _is_api(environ: Mapping[str, Any]) -> bool:
    """Whether other origins may call this URL. /api/session/ is for our own pages."""
    path: str = environ["PATH_INFO"]
    return path.startswith("/api/") and not path.startswith("/api/session/")


def _vary_by_origin(headers: Headers) -> Headers:
    others = [value for name, value in headers if name == "Vary"]
    return [*(header for header in headers if header[0] != "Vary"), ("Vary", ", ".join([*others, "Origin"]))]
