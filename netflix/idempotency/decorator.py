"""The header Idempotency-Key: a client that does not know whether its POST arrived may send it again.

After the IETF draft "The Idempotency-Key HTTP Header Field": the same key with the same request is answered what it was
answered the first time, with another request it is refused, and while the first is still at work too.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import orjson
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.errors import Conflict
from netflix.api.permissions import viewer_id
from netflix.api.renderers import OrjsonRenderer
from netflix.idempotency.models import KeptAnswer

KEPT = timedelta(hours=24)
_HEADER = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="Any text of your own, new for each request: sent again within 24 hours, it is done only once.",
)

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
P = ParamSpec("P")
Handler = Callable[Concatenate[Any, Request, P], Response]


class KeyReused(exceptions.APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key has been used for another request. Take a new one."


def idempotent(handler: Handler[P]) -> Handler[P]:
    """For the `post` of a view whose permission asks for a login; without the header nothing changes.

    The answer is kept in the transaction of what the handler does: both are there or neither, whenever the process
    dies. Refusals are not kept: they changed nothing, so the request may be tried again.
    """

    @wraps(handler)
    def wrapped(view: Any, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise exceptions.ParseError(
                "An Idempotency-Key has 1 to 255 visible ASCII characters.", code="invalid_idempotency_key"
            )
        user_id, fingerprint = viewer_id(request), _fingerprint(request)
        with transaction.atomic():
            _claim(user_id, key)
            if kept := _kept(user_id, key):
                return _replay(kept, fingerprint)
            response = handler(view, request, *args, **kwargs)
            _keep(response, user_id=user_id, key=key, fingerprint=fingerprint)
            return response

    documented: Handler[P] = extend_schema(parameters=[_HEADER])(wrapped)
    return documented


def forget_old_answers() -> int:
    """Delete what is kept longer than promised; returns how many that were."""
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted


def _claim(user_id: int, key: str) -> None:
    """Until the transaction ends nobody else works on this key: the lock goes with the connection of whoever dies."""
    number = int.from_bytes(hashlib.sha256(f"{user_id} {key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (claimed,) = cursor.fetchone()
    if not claimed:
        raise Conflict("The first request with this Idempotency-Key is still at work.", code="idempotency_key_in_use")


def _kept(user_id: int, key: str) -> KeptAnswer | None:
    return KeptAnswer.objects.filter(user=user_id, key=key, created_at__gte=timezone.now() - KEPT).first()


def _replay(kept: KeptAnswer, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        raise KeyReused
    headers = {"Idempotency-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(orjson.loads(bytes(kept.body)), status=kept.status, headers=headers)


def _keep(response: Response, *, user_id: int, key: str, fingerprint: str) -> None:
    """In the place of one that is too old, which nobody has locked until now: people are locked first, see `erase`."""
    answer = {
        "fingerprint": fingerprint,
        "status": response.status_code,
        "location": response.headers.get("Location", ""),
        "body": OrjsonRenderer().render(response.data),
        "created_at": timezone.now(),
    }
    KeptAnswer.objects.update_or_create(user_id=user_id, key=key, defaults=answer)


def _fingerprint(request: Request) -> str:
    """Of what was understood, not of its bytes: another order of members, or a form, is the same request."""
    said = [request.method, request.get_full_path(), _as_a_form_says_it(request.data)]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _as_a_form_says_it(value: Any) -> Any:
    """Forms know texts and lists of them: 7 is "7", nothing is "", and a list of one is that one."""
    if isinstance(value, QueryDict):
        value = dict(value.lists())
    if isinstance(value, dict):
        return {name: _as_a_form_says_it(inner) for name, inner in value.items() if name != "csrfmiddlewaretoken"}
    if isinstance(value, list):
        return _as_a_form_says_it(value[0]) if len(value) == 1 else [_as_a_form_says_it(inner) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
