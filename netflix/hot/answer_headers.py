"""The headers of the fast path's answers, learned from what threads have answered.

So every header is made in one place: by a view and all the middleware. The headers of the first answer of each kind are
those of all answers of this kind, but for the few that are one answer's own.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from netflix.api.raw_responses import Headers, RawResponse

# What is not the same for all answers of a kind; and what describes a body.
_OWN = frozenset({"ETag", "Content-Length", "RateLimit", "RateLimit-Policy", "X-Request-ID"})
_OF_A_BODY = frozenset({"Content-Type", "Allow"})
_EXPECTED = "netflix.answer_kind"  # in the environ of a request whose answer's headers are to be learned


class Kind(NamedTuple):
    """What the headers of an answer depend on."""

    callback: Any
    method: str
    is_secure: bool
    has_login: bool


class AnswerHeaders:
    def __init__(self) -> None:
        self._headers: dict[Kind, Headers] = {}

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._headers

    def expect(self, environ: dict[str, Any], kind: Kind) -> None:
        """A thread is about to answer a request of this kind."""
        environ[_EXPECTED] = kind

    def learn(self, environ: Mapping[str, Any], answer: RawResponse) -> None:
        status, headers, _ = answer
        kind = environ.get(_EXPECTED)
        if kind is not None and status in (200, 204):
            self._headers[kind] = [(name, value) for name, value in headers if name not in _OWN]

    def of(self, kind: Kind, status: int, own: Mapping[str, str], length: int) -> Headers:
        """The headers of an answer with these of its own, whose body has this length."""
        if status == 304:
            return [header for header in self._headers[kind] if header[0] not in _OF_A_BODY] + [*own.items()]
        return [*self._headers[kind], *own.items(), ("Content-Length", str(length))]
