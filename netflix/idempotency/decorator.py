"""The header Idempotency-Key: a client that does not know whether its POST arrived can safely repeat it.

After the IETF draft "The Idempotency-Key HTTP Header Field": a repeated request gets the stored response. The same key
with another request, or while the first request is still running, is an error.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import orjson
from django.core.files.uploadedfile import UploadedFile
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
from netflix.idempotency.models import StoredAnswer

RETENTION = timedelta(hours=24)
_HEADER = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="A text that you choose, unique to this request: repeated within 24 hours, it is executed only once.",
)

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
P = ParamSpec("P")
Handler = Callable[Concatenate[Any, Request, P], Response]


class KeyReused(exceptions.APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key has been used for another request. Take a new one."


def idempotent(handler: Handler[P]) -> Handler[P]:
    """Decorator for the `post` of a view that requires a login. Requests without the header are not affected.

    The response is stored in the transaction of the handler: both are committed or neither. Errors are not stored:
    nothing was changed, so the request can be repeated.
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
            if stored := _stored_answer(user_id, key):
                return _replay(stored, fingerprint)
            response = handler(view, request, *args, **kwargs)
            store_answer(response, user_id=user_id, key=key, fingerprint=fingerprint)
            return response

    documented: Handler[P] = extend_schema(parameters=[_HEADER])(wrapped)
    return documented


def delete_expired_answers() -> None:
    StoredAnswer.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()


def lock_number(user_id: int, key: str) -> int:
    """The number of the advisory lock that is held while a request with this key is processed."""
    return int.from_bytes(hashlib.sha256(f"{user_id} {key}".encode()).digest()[:8], signed=True)


def _claim(user_id: int, key: str) -> None:
    """Lock this key until the transaction ends; PostgreSQL also releases it when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(user_id, key)])
        (claimed,) = cursor.fetchone()
    if not claimed:
        raise Conflict("The first request with this Idempotency-Key is still at work.", code="idempotency_key_in_use")


def _stored_answer(user_id: int, key: str) -> StoredAnswer | None:
    return StoredAnswer.objects.filter(user=user_id, key=key, created_at__gte=timezone.now() - RETENTION).first()


def _replay(stored: StoredAnswer, fingerprint: str) -> Response:
    if stored.fingerprint != fingerprint:
        raise KeyReused
    headers = {"Idempotency-Replayed": "true"} | ({"Location": stored.location} if stored.location else {})
    return Response(orjson.loads(bytes(stored.body)), status=stored.status, headers=headers)


def store_answer(response: Response, *, user_id: int, key: str, fingerprint: str) -> None:
    """Store the response, or replace an expired one.

    Called after the handler, so that rows are locked in the order of `erase`: first the user's, then this one.
    """
    answer = {
        "fingerprint": fingerprint,
        "status": response.status_code,
        "location": response.headers.get("Location", ""),
        "body": OrjsonRenderer().render(response.data),
        "created_at": timezone.now(),
    }
    StoredAnswer.objects.update_or_create(user_id=user_id, key=key, defaults=answer)


def _fingerprint(request: Request) -> str:
    """Hash the parsed request, not its bytes: another order of members, or a form, is the same request."""
    parts = [request.method, request.get_full_path(), _form_value(request.data)]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _form_value(value: Any) -> Any:
    """Convert to what a form can contain, texts and lists: 7 becomes "7", None becomes "", [x] becomes x."""
    if isinstance(value, QueryDict):
        value = dict(value.lists())
    if isinstance(value, dict):
        return {name: _form_value(inner) for name, inner in value.items() if name != "csrfmiddlewaretoken"}
    if isinstance(value, list):
        return _form_value(value[0]) if len(value) == 1 else [_form_value(inner) for inner in value]
    if isinstance(value, UploadedFile):
        return [value.name, hashlib.file_digest(value, "sha256").hexdigest(), value.seek(0)]
    return _form_text(value)


def _form_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
