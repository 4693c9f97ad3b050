"""Lock-out after too many failed logins, which django-axes counts. The limits are AXES_... in netflix/settings.py."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from netflix.accounts.models import User
from netflix.api.problems import problem_http_response
from netflix.api.throttles import throttle_key

_MAX_NAME_LENGTH = 255  # characters; the length of the column in AccessAttempt


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The response after too many failed logins, in the API and the admin; also for usernames that do not exist."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    response = problem_http_response(
        request, 429, "locked_out", f"Too many failed logins. Try again in {seconds // 60} minutes."
    )
    response["Retry-After"] = str(seconds)
    return response


def name_of(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str | None:
    """The username that a failed login is counted under: upper-cased, because case does not matter, and cut."""
    parameters = credentials or (request.POST if request is not None else {})
    name = parameters.get(User.USERNAME_FIELD)
    return User.normalize_username(name).upper()[:_MAX_NAME_LENGTH] if isinstance(name, str) else None


def address_of(request: HttpRequest) -> str | None:
    """The client address that a failed login is counted under."""
    return throttle_key(request.META.get("REMOTE_ADDR", "")) or None  # none over a Unix socket
