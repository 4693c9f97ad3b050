"""Rate limits. Those that Redis counts are exact, however many requests come at once, in any process.

While Redis is away each process counts by itself: a limit must neither become an outage nor go away.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from netflix.api.circuit import REDIS_TROUBLE, redis_circuit

if TYPE_CHECKING:  # REST framework imports this module while it makes APIView
    from rest_framework.views import APIView

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is left of a limit after a request. `seconds_left` is when the oldest counted request is forgotten."""

    scope: str
    allowed: bool
    most: int
    seconds: int
    remaining: int
    seconds_left: int

    def headers(self) -> dict[str, str]:
        """As in draft-ietf-httpapi-ratelimit-headers-10, and Retry-After when it was one request too many."""
        told = {
            "RateLimit-Policy": f'"{self.scope}";q={self.most};w={self.seconds}',
            "RateLimit": f'"{self.scope}";r={self.remaining};t={self.seconds_left}',
        }
        return told if self.allowed else told | {"Retry-After": str(self.seconds_left)}


def count(scope: str, who: str) -> Usage | None:
    """Count a request of somebody against a limit that all processes share; None if there is no such limit."""
    if scope not in settings.THROTTLE_RATES:
        return None
    try:
        usage: Usage = _count_in_redis(scope, who)
    except REDIS_TROUBLE as error:
        logger.warning("throttle_counts_alone", scope=scope, error=type(error).__name__)
        return count_here(scope, who)
    return usage


def count_here(scope: str, who: str) -> Usage | None:
    """Count it in this process alone."""
    return _hit(_here(), scope, who) if scope in settings.THROTTLE_RATES else None


class WriteThrottle(BaseThrottle):
    """Limits what one person, or one address without a login, may change."""

    usage: Usage | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if request.method in SAFE_METHODS:
            return True
        user = request.user.pk
        self.usage = count("write", f"user-{user}" if user else self.get_ident(request))
        request._request.rate_limit = self.usage  # type: ignore[attr-defined]  # for the middleware RateLimits
        return self.usage is None or self.usage.allowed

    def wait(self) -> float | None:
        return self.usage.seconds_left if self.usage else None


@redis_circuit
def _count_in_redis(scope: str, who: str) -> Usage:
    return _hit(_shared(), scope, who)


def _hit(limiter: MovingWindowRateLimiter, scope: str, who: str) -> Usage:
    most, seconds = settings.THROTTLE_RATES[scope]
    limit = RateLimitItemPerSecond(most, seconds, namespace=scope)
    allowed = limiter.hit(limit, who)
    stats = limiter.get_window_stats(limit, who)
    return Usage(scope, allowed, most, seconds, stats.remaining, max(1, round(stats.reset_time - time.time())))


@cache
def _shared() -> MovingWindowRateLimiter:
    patience: dict[str, Any] = {
        "socket_timeout": settings.REDIS_PATIENCE,
        "socket_connect_timeout": settings.REDIS_PATIENCE,
    }
    return MovingWindowRateLimiter(RedisStorage(settings.REDIS_URL, key_prefix="netflix-rate", **patience))


@cache
def _here() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())
