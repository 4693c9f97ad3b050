"""Problem details (RFC 9457), the body of every error of the API, with a stable `code` and the request's id."""

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
PRECONDITION_FAILED = (
    "The resource does not meet the conditions of your request: If-Match, If-None-Match or If-Unmodified-Since."
)


def problem(status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    """A problem details object. `code` is the stable name that clients may switch on."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
        **members,
    }


def prefers_html(request: HttpRequest) -> bool:
    """Whether the client is a browser that shows the response to a person."""
    return request.get_preferred_type([CONTENT_TYPE, "application/json", "text/html"]) == "text/html"


def problem_http_response(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """An error outside of REST framework's views: a page for browsers, problem details for everybody else."""
    if prefers_html(request):
        page = {"title": HTTPStatus(status).phrase, "detail": detail}
        return HttpResponse(render_to_string("browsable/error.html", page), status=status)
    body = orjson.dumps(problem(status, code, detail))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE)
