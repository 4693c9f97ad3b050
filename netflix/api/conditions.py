"""Conditional requests (RFC 9110, 13): writes that happen only while what they change is what the client has seen.

A view that answers GET and also PUT, PATCH or DELETE is a `ConditionalView`, and each of these methods is
`@conditional`. Entity tags are of the body (netflix/api/caching.py).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.caching import body_mark, named_tag
from netflix.api.errors import NotThere
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
    default_detail = "What is here is not what your request expects."


class ConditionalView(StrictView):
    """Its GET carries an entity tag."""

    def lock(self, request: Request, **named: Any) -> None:
        """Until the transaction ends, nobody else changes what the address names. Raises NotThere."""
        raise NotImplementedError

    def representation(self, request: Request, **named: Any) -> Any:
        """The data that GET answers now, without parameters. Raises NotThere."""
        raise NotImplementedError

    def check_conditions(self, request: Request, **named: Any) -> None:
        """Raises PreconditionFailed; NotThere for an address that names nothing. To be called in a transaction."""
        if not _has_condition(request):
            return
        self.lock(request, **named)
        try:
            current = body_mark(OrjsonRenderer().render(self.representation(request, **named)))
        except NotThere:
            current = None
        must, must_not = request.META.get("HTTP_IF_MATCH"), request.META.get("HTTP_IF_NONE_MATCH")
        if must is not None and not _names(must, current):
            raise PreconditionFailed
        if must_not is not None and _names(must_not, current):
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


def _names(header: str, current: str | None) -> bool:
    """Whether the header names what is here. `*` names anything that is.

    A tag that a proxy has made weak while it compressed the answer, as nginx does, still names it.
    """
    return current is not None and (header.strip() == "*" or named_tag(header, body=current) is not None)
