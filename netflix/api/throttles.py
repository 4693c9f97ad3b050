"""Rate limits, counted in the cache. When Redis is away requests pass: a limit must not become an outage."""

from typing import TYPE_CHECKING

import structlog
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from netflix.api.circuit import REDIS_TROUBLE, redis_circuit

if TYPE_CHECKING:  # REST framework imports this module while it makes APIView
    from rest_framework.views import APIView

logger = structlog.get_logger(__name__)


class _FailOpenThrottle(UserRateThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        try:
            allowed: bool = self._counted(request, view)
        except REDIS_TROUBLE as error:
            logger.warning("throttle_skipped", scope=self.scope, error=str(error))
            return True
        return allowed

    @redis_circuit
    def _counted(self, request: Request, view: "APIView") -> bool:
        return super().allow_request(request, view)


class WriteThrottle(_FailOpenThrottle):
    """Limits what one person, or one address without a login, may change per minute."""

    scope = "write"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return request.method in SAFE_METHODS or super().allow_request(request, view)


class LoginThrottle(_FailOpenThrottle):
    """Limits login attempts by address, whatever names are tried."""

    scope = "login"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
