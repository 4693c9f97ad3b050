"""For load balancers and orchestrators: does the process answer, and can it do its work?"""

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest, warnings: Callable[[], list[str]]) -> JsonResponse:
    """200 when PostgreSQL and Redis answer, else 503 that names the one that does not.

    `warnings` are named beside: what an operator should know, though requests are answered without it.
    """
    checks = {"database": _database_answers(), "redis": _redis_answers()}
    status = 200 if all(checks.values()) else 503
    body: dict[str, str | list[str]] = {name: "ok" if answers else "away" for name, answers in checks.items()}
    return JsonResponse(body | {"warnings": warnings() if checks["database"] else []}, status=status)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True
