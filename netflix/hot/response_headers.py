"""The headers of the fast path's responses, copied from responses of the fallback.

So headers are made in one place, by views and middleware. The fallback gives the first response for each key; its
headers are kept for all later responses with that key, except for the few that differ from response to response.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from netflix.api.raw_responses import Headers, RawResponse

# Headers that differ from response to response; and headers that describe a body.
_PER_RESPONSE = frozenset({"ETag", "Content-Length", "RateLimit", "RateLimit-Policy", "X-Request-ID"})
_BODY_HEADERS = frozenset({"Content-Type", "Allow"})
_MARK = "netflix.response_headers_key"  # in the environ of a request whose response's headers will be copied


class CacheKey(NamedTuple):
    """What the headers of a response depend on."""

    callback: Any
    method: str
    is_secure: bool
    has_credentials: bool


class ResponseHeaderCache:
    def __init__(self) -> None:
        self._headers: dict[CacheKey, Headers] = {}

    def __contains__(self, key: CacheKey) -> bool:
        return key in self._headers

    def mark(self, environ: dict[str, Any], key: CacheKey) -> None:
        """Mark a request with this key, which the fallback is about to answer."""
        environ[_MARK] = key

    def store(self, environ: Mapping[str, Any], response: RawResponse) -> None:
        """Copy the headers of a response of the fallback, if its request was marked."""
        status, headers, _ = response
        key = environ.get(_MARK)
        if key is not None and status in (200, 204):
            self._headers[key] = [(name, value) for name, value in headers if name not in _PER_RESPONSE]

    def build(self, key: CacheKey, status: int, own: Mapping[str, str], length: int) -> Headers:
        """The headers of a response. `own`: those that differ from response to response; `length`: of its body."""
        if status == 304:
            return [header for header in self._headers[key] if header[0] not in _BODY_HEADERS] + [*own.items()]
        return [*self._headers[key], *own.items(), ("Content-Length", str(length))]
