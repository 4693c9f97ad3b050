"""Health checks for load balancers and orchestrators.

`/readyz` answers within three seconds: netflix/bridge.py answers 503 when the checks take longer.
"""

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest, warnings: Callable[[], list[str]]) -> JsonResponse:
    """200 when PostgreSQL answers and accepts writes, else 503. `database` is ok, read_only or away.

    Redis and the worker of technical support are only listed in `warnings`: requests work without them, and an outage
    of Redis must not make load balancers remove all servers.
    """
    database, has_redis = _database_state(), _redis_answers()
    listed = [] if has_redis else ["redis_away"]
    if database == "ok":
        listed += warnings()
    body = {"database": database, "redis": "ok" if has_redis else "away", "warnings": listed}
    return JsonResponse(body, status=200 if database == "ok" else 503)


def _database_state() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_read_only')::boolean")
            (is_read_only,) = cursor.fetchone()
    except DatabaseError:
        return "away"
    return "read_only" if is_read_only else "ok"


def _redis_answers() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True
