"""Conditional requests (RFC 9110, 13): a write happens only if the resource is as the client expects.

A view with GET and also PUT, PATCH or DELETE is a `ConditionalView`, and each of these methods is `@conditional`.
Entity tags are compared by their body part (netflix/api/entity_tags.py).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.entity_tags import body_hash, matching_tag
from netflix.api.errors import NoSuchObject
from netflix.api.problems import PRECONDITION_FAILED
from netflix.api.renderers import OrjsonRenderer
from netflix.api.views import StrictView

P = ParamSpec("P")
Handler = Callable[Concatenate[Any, Request, P], Response]

CONDITIONS = [
    OpenApiParameter(
        "If-Match",
        location=OpenApiParameter.HEADER,
        description="An `ETag` that GET gave: do this only if GET would still give it, else answer 412.",
    ),
    OpenApiParameter(
        "If-None-Match",
        location=OpenApiParameter.HEADER,
        description="`*`: do this only if there is nothing here yet, else answer 412.",
    ),
]


class PreconditionFailed(APIException):
    status_code = 412
    default_code = "precondition_failed"
    default_detail = PRECONDITION_FAILED


class ConditionalView(StrictView):
    """A view whose writes can be made conditional on the entity tag of its GET."""

    def lock(self, request: Request, **named: Any) -> None:
        """Lock the resource until the transaction ends. Raises NoSuchObject."""
        raise NotImplementedError

    def representation(self, request: Request, **named: Any) -> Any:
        """The data that GET answers now, without parameters. Raises NoSuchObject."""
        raise NotImplementedError

    def check_conditions(self, request: Request, **named: Any) -> None:
        """Call it in a transaction. Raises PreconditionFailed; NoSuchObject if `lock` does."""
        if not _has_condition(request):
            return
        self.lock(request, **named)
        try:
            current = body_hash(OrjsonRenderer().render(self.representation(request, **named)))
        except NoSuchObject:
            current = None
        if_match, if_none_match = request.META.get("HTTP_IF_MATCH"), request.META.get("HTTP_IF_NONE_MATCH")
        if if_match is not None and not _matches(if_match, current):
            raise PreconditionFailed
        if if_none_match is not None and _matches(if_none_match, current):
            raise PreconditionFailed


def conditional(handler: Handler[P]) -> Handler[P]:
    """For `put`, `patch` and `delete` of a ConditionalView: the condition holds until the write is committed."""

    @wraps(handler)
    def wrapped(view: Any, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        if not _has_condition(request):
            return handler(view, request, *args, **kwargs)
        with transaction.atomic():
            view.check_conditions(request, **kwargs)
            return handler(view, request, *args, **kwargs)

    documented: Handler[P] = extend_schema(parameters=CONDITIONS)(wrapped)
    return documented


def _has_condition(request: Request) -> bool:
    return "HTTP_IF_MATCH" in request.META or "HTTP_IF_NONE_MATCH" in request.META


def _matches(header: str, current: str | None) -> bool:
    """Whether the header matches the current body. `*` matches any; None matches nothing.

    A weak tag matches too: nginx makes tags weak when it compresses responses.
    """
    return current is not None and (header.strip() == "*" or matching_tag(header, body=current) is not None)
