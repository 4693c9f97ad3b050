"""The headers of the fast path's answers, copied from answers of the fallback.

So headers are made in one place, by views and middleware. The fallback gives the first answer of each kind; its headers
are kept for all later answers of that kind, except for the few that differ from answer to answer.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from netflix.api.raw_responses import Headers, RawResponse

# Headers that differ from answer to answer; and headers that describe a body.
_PER_ANSWER = frozenset({"ETag", "Content-Length", "RateLimit", "RateLimit-Policy", "X-Request-ID"})
_BODY_HEADERS = frozenset({"Content-Type", "Allow"})
_EXPECTED = "netflix.answer_kind"  # in the environ of a request whose answer's headers will be copied


class Kind(NamedTuple):
    """What the headers of an answer depend on."""

    callback: Any
    method: str
    is_secure: bool
    has_credentials: bool


class ResponseHeaderCache:
    def __init__(self) -> None:
        self._headers: dict[Kind, Headers] = {}

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._headers

    def expect(self, environ: dict[str, Any], kind: Kind) -> None:
        """Mark a request of this kind, which the fallback is about to answer."""
        environ[_EXPECTED] = kind

    def learn(self, environ: Mapping[str, Any], answer: RawResponse) -> None:
        """Copy the headers of an answer of the fallback, if its request was marked."""
        status, headers, _ = answer
        kind = environ.get(_EXPECTED)
        if kind is not None and status in (200, 204):
            self._headers[kind] = [(name, value) for name, value in headers if name not in _PER_ANSWER]

    def of(self, kind: Kind, status: int, own: Mapping[str, str], length: int) -> Headers:
        """The headers of an answer. `own`: those that differ from answer to answer; `length`: of its body."""
        if status == 304:
            return [header for header in self._headers[kind] if header[0] not in _BODY_HEADERS] + [*own.items()]
        return [*self._headers[kind], *own.items(), ("Content-Length", str(length))]
