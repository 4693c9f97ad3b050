"""Rate limits. Those counted in Redis are exact for concurrent requests and all processes.

While Redis is unavailable each process counts by itself: requests must neither fail nor be unlimited.
"""

import math
import time
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from netflix.api.circuit_breakers import REDIS_ERRORS, redis_circuit
from netflix.api.problems import problem_http_response

if TYPE_CHECKING:  # REST framework imports this module while it makes APIView
    from rest_framework.views import APIView

logger = structlog.get_logger(__name__)

# Keys of the environ, set by the fast path if it has counted the request already; for a write, to its `Usage`.
READ_COUNTED, WRITE_COUNTED = "netflix.read_counted", "netflix.write_counted"


@dataclass(frozen=True, slots=True)
class Usage:
    """What is left of a limit after a request. `seconds_left`: until the oldest counted request expires."""

    scope: str
    allowed: bool
    limit: int
    seconds: int
    remaining: int
    seconds_left: int

    def headers(self) -> dict[str, str]:
        """As in draft-ietf-httpapi-ratelimit-headers-10, and Retry-After if the request is refused."""
        headers = {
            "RateLimit-Policy": f'"{self.scope}";q={self.limit};w={self.seconds}',
            "RateLimit": f'"{self.scope}";r={self.remaining};t={self.seconds_left}',
        }
        return headers if self.allowed else headers | {"Retry-After": str(self.seconds_left)}


def throttle_key(address: str) -> str:
    """The key that requests from an address are counted under.

    For IPv6 it is the first address of the /64 network, all of which belongs to one client (RFC 6177).
    """
    return _first_of_its_network(address) if ":" in address else address


@lru_cache(10_000)
def _first_of_its_network(address: str) -> str:
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))


def count(scope: str, key: str) -> Usage | None:
    """Count a request against a limit that all processes share; None if there is no such limit."""
    if scope not in settings.THROTTLE_RATES:
        return None
    try:
        usage: Usage = _count_in_redis(scope, key)
    except REDIS_ERRORS as error:
        logger.warning("throttle_counts_alone", scope=scope, error=type(error).__name__)
        return _hit(_local_limiter(), scope, key)
    return usage


def count_write(viewer_id: int) -> Usage | None:
    return count("write", _of_viewer(viewer_id))


def exceeded_read_limit(address: str) -> Usage | None:
    """Count a read; return its Usage only if the limit is exceeded. Counts in this process only, which is cheap."""
    if "read" not in settings.THROTTLE_RATES:
        return None
    limit, key = _limit("read"), throttle_key(address)
    return None if _read_limiter().hit(limit, key) else _usage(_read_limiter(), "read", limit, key, allowed=False)


class RateLimits(MiddlewareMixin):
    """Limits reads and logins by address, and sets the rate limit headers.

    Reads are counted in this process, without Redis. Requests to PASSWORD_PATHS are counted before the password is
    checked, which is slow on purpose.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        usage = request.rate_limit = self._count(request)  # type: ignore[attr-defined]  # WriteThrottle replaces it
        if usage is None or usage.allowed:
            return None
        return problem_http_response(
            request, 429, "throttled", f"Too many requests. Wait {usage.seconds_left} seconds."
        )

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if usage := request.rate_limit:  # type: ignore[attr-defined]
            for name, value in usage.headers().items():
                response[name] = value
        return response

    def _count(self, request: HttpRequest) -> Usage | None:
        address = request.META.get("REMOTE_ADDR", "")  # none over a Unix socket
        if request.method in SAFE_METHODS:
            return None if READ_COUNTED in request.META else exceeded_read_limit(address)
        return count("login", throttle_key(address)) if request.path_info in settings.PASSWORD_PATHS else None


class WriteThrottle(BaseThrottle):
    """Limits the writes of a user, or of an address without a login."""

    scope = "write"
    usage: Usage | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if request.method in SAFE_METHODS:
            return True
        user, address = request.user.pk, request.META.get("REMOTE_ADDR", "")
        counted = request.META.pop(WRITE_COUNTED, None)
        self.usage = counted or count(self.scope, _of_viewer(user) if user else throttle_key(address))
        request._request.rate_limit = self.usage  # type: ignore[attr-defined]  # for the middleware RateLimits
        return self.usage is None or self.usage.allowed

    def wait(self) -> float | None:
        return self.usage.seconds_left if self.usage else None


class BulkWriteThrottle(WriteThrottle):
    """Limits the writes that may change a thousand rows each."""

    scope = "many"


def _of_viewer(viewer_id: int) -> str:
    return f"user-{viewer_id}"


@redis_circuit
def _count_in_redis(scope: str, key: str) -> Usage:
    return _hit(_shared_limiter(settings.REDIS_URL), scope, key)


def _hit(limiter: RateLimiter, scope: str, key: str) -> Usage:
    limit = _limit(scope)
    return _usage(limiter, scope, limit, key, allowed=limiter.hit(limit, key))


def _usage(limiter: RateLimiter, scope: str, limit: RateLimitItem, key: str, *, allowed: bool) -> Usage:
    stats = limiter.get_window_stats(limit, key)
    requests, seconds = settings.THROTTLE_RATES[scope]
    seconds_left = math.ceil(stats.reset_time - time.time())  # rounded up: after that wait a request must be allowed
    return Usage(scope, allowed, requests, seconds, stats.remaining, max(1, seconds_left))


def _limit(scope: str) -> RateLimitItem:
    namespace = f"{settings.CACHES['default']['KEY_PREFIX']}-{scope}"
    return RateLimitItemPerSecond(*settings.THROTTLE_RATES[scope], namespace=namespace)


@cache
def _shared_limiter(redis_url: str) -> RateLimiter:
    timeouts: dict[str, Any] = {
        "socket_timeout": settings.REDIS_PATIENCE,
        "socket_connect_timeout": settings.REDIS_PATIENCE,
    }
    return MovingWindowRateLimiter(RedisStorage(redis_url, key_prefix="netflix-rate", **timeouts))


@cache
def _local_limiter() -> RateLimiter:
    """Used while Redis is unavailable."""
    return MovingWindowRateLimiter(MemoryStorage())


@cache
def _read_limiter() -> RateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())  # stores one number for each address
