"""Every error of the API as one shape: problem details, RFC 9457, with a stable `code` and the request's id."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from netflix.logs import is_passing_trouble

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

FieldErrors = list[dict[str, Any]]


class NotThere(ObjectDoesNotExist):
    """What is named is not there, or not this person's. Raised by selectors and services; every view answers 404.

    Each context names its own; the words are for people.
    """

    said = "There is nothing of this kind."

    def __init__(self) -> None:
        super().__init__(self.said)

    @classmethod
    def moved_to(cls, arguments: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: ARG003  # for subclasses
        """The arguments of the address where the same thing is by now; None if there is none."""
        return None


class PersonGone(ObjectDoesNotExist):
    """A person was erased while their request was on its way; every view answers 401."""


class Conflict(exceptions.APIException):
    """The request is well formed, but what is stored does not allow it. `members` are added to the problem's own."""

    status_code = 409
    default_code = "conflict"
    default_detail = "This conflicts with what is stored."

    def __init__(self, detail: str | None = None, code: str | None = None, **members: Any) -> None:
        super().__init__(detail, code)
        self.members = members


_MOST_NAMED = 20  # unknown parameters in one error


def refuse_unknown(given: Iterable[str], known: Sequence[str]) -> None:
    """Raises ValidationError for parameters that an address does not know: a misspelt filter must not pass for none."""
    unknown = [name for name in given if name not in known]
    if unknown:
        detail = f"This is no parameter here. Known: {', '.join(known) or 'none'}."
        raise exceptions.ValidationError(
            {name[:100]: exceptions.ErrorDetail(detail, "unknown") for name in unknown[:_MOST_NAMED]}
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


def problem_http_response(status: int, code: str, detail: str) -> HttpResponse:
    """The same outside of REST framework's views: middleware, unknown addresses, crashes."""
    body = orjson.dumps(problem(status, code, detail))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler; None leaves a crash to Django's logging and `server_error`."""
    response = exception_handler(error, context)
    if response is None:
        return None
    api_error = _as_api_exception(error)
    if isinstance(api_error, exceptions.ValidationError):
        detail = "Some values are not valid; `errors` says which."
        response.data = problem(400, "invalid", detail, errors=list(_field_errors(api_error.get_full_details())))
    else:
        members = api_error.members if isinstance(api_error, Conflict) else {}
        response.data = problem(api_error.status_code, _code(api_error), str(api_error.detail), **members)
    if not _answers_html(context["request"]):
        response.content_type = CONTENT_TYPE
    return response


def _as_api_exception(error: Exception) -> exceptions.APIException:
    if isinstance(error, exceptions.APIException):
        return error
    return exceptions.NotFound() if isinstance(error, Http404) else exceptions.PermissionDenied()


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _field_errors(details: Any, field: str = "") -> FieldErrors:
    """Flattens REST framework's nested details to a list of `{field, code, detail}`; nested names joined by dots."""
    if isinstance(details, list):
        return [
            found
            for position, item in enumerate(details)
            for found in _field_errors(item, field if _is_leaf(item) else _join(field, str(position)))
        ]
    if not _is_leaf(details):
        return [found for name, item in details.items() for found in _field_errors(item, _join(field, str(name)))]
    return [{"field": field, "code": details["code"], "detail": str(details["message"])}]


def _is_leaf(details: Any) -> bool:
    """Not two fields of these names: theirs are errors or lists of them."""
    return isinstance(details, dict) and details.keys() == {"message", "code"} and isinstance(details["code"], str)


def _join(parent: str, name: str) -> str:
    if name == "non_field_errors":
        return parent
    return f"{parent}.{name}" if parent else name


def _answers_html(request: Any) -> bool:
    renderer = getattr(request, "accepted_renderer", None)
    return renderer is not None and renderer.format == "api"


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return problem_http_response(400, "bad_request", "The request could not be understood.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return problem_http_response(404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """A crash; or trouble with the database that passes, so that trying again helps."""
    if is_passing_trouble(sys.exc_info()[1]):
        return _unavailable(request)
    if not _is_api(request):
        return defaults.server_error(request)
    return problem_http_response(500, "server_error", "Something went wrong on our side. It has been logged.")


def _unavailable(request: HttpRequest) -> HttpResponse:
    detail = "The database is busy or away. Try again in a moment."
    if _is_api(request):
        response = problem_http_response(503, "unavailable", detail)
    else:
        response = HttpResponse(detail, status=503, content_type="text/plain")
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
