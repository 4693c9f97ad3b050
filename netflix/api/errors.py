"""Exceptions of the API, and how they become problem details."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from netflix.api.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, prefers_html, problem, problem_http_response
from netflix.api.serializers import unknown_names
from netflix.logs import is_temporary_failure

FieldErrors = list[dict[str, Any]]


class NoSuchObject(ObjectDoesNotExist):
    """The object does not exist, or belongs to another user. Raised by selectors and services; views answer 404.

    Each context has subclasses, with a message for people in `message`.
    """

    message: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.message)

    @classmethod
    def moved_to(cls, arguments: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: ARG003  # for subclasses
        """The URL arguments of the object that replaced this one; None if there is none."""
        return None


class UserErased(ObjectDoesNotExist):
    """The user was erased while their request was processed; every view answers 401."""


class Conflict(exceptions.APIException):
    """The request is valid but conflicts with stored data. `members` are added to the problem details."""

    status_code = 409
    default_code = "conflict"
    default_detail = "This conflicts with what is stored."

    def __init__(self, detail: str | None = None, code: str | None = None, **members: Any) -> None:
        super().__init__(detail, code)
        self.members = members


class Unavailable(exceptions.APIException):
    """Something that the request needs is unavailable; the client can retry."""

    status_code = 503
    default_code = "unavailable"
    wait = RETRY_AFTER_SECONDS


def refuse_unknown(names: Iterable[str], known: Sequence[str]) -> None:
    """Raises ValidationError for unknown query parameters: a misspelt filter must not be ignored."""
    if unknown := unknown_names(names, known, "parameter"):
        raise exceptions.ValidationError(unknown)


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
            error
            for position, item in enumerate(details)
            for error in _field_errors(item, field if _is_leaf(item) else _join(field, str(position)))
        ]
    if not _is_leaf(details):
        return [error for name, item in details.items() for error in _field_errors(item, _join(field, str(name)))]
    return [{"field": field, "code": details["code"], "detail": str(details["message"])}]


def _is_leaf(details: Any) -> bool:
    """Whether it is one error, and not the errors of two fields named `message` and `code`."""
    return isinstance(details, dict) and details.keys() == {"message", "code"} and isinstance(details["code"], str)


def _join(parent: str, name: str) -> str:
    if name == "non_field_errors":
        return parent
    return f"{parent}.{name}" if parent else name


def _answers_html(request: Any) -> bool:
    renderer = getattr(request, "accepted_renderer", None)
    return renderer is not None and renderer.format == "api"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_http_response(request, 400, "bad_request", "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """In a browser only pages of the admin are forbidden: 403.html is one of them."""
    if prefers_html(request):
        return defaults.permission_denied(request, exception)
    return problem_http_response(request, 403, "permission_denied", "You do not have permission for this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_http_response(request, 404, "not_found", "There is nothing at this URL.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for a crash; 503 for a temporary failure of the database, after which the client can retry."""
    if not is_temporary_failure(sys.exc_info()[1]):
        detail = "Something went wrong on our side. It has been logged."
        return problem_http_response(request, 500, "server_error", detail)
    detail = "The database is busy or unavailable. Try again in a moment."
    response = problem_http_response(request, 503, "unavailable", detail)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
