from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from netflix.accounts.models import User
from netflix.api.errors import problem_http_response
from netflix.api.throttles import counted_as

_LONGEST_NAME = 255  # characters


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """What somebody sees who guessed too often, on the API and in the admin; names that do not exist lock alike."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    response = problem_http_response(
        429, "locked_out", f"Too many failed logins. Try again in {seconds // 60} minutes."
    )
    response["Retry-After"] = str(seconds)
    return response


def name_of(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str | None:
    """Whose password is guessed at, for counting: capitals make no other name, so they make no other count. As long as
    the column where it is kept: of what is longer, nobody has a login."""
    named = credentials or (request.POST if request is not None else {})
    name = named.get(User.USERNAME_FIELD)
    return User.normalize_username(name).upper()[:_LONGEST_NAME] if isinstance(name, str) else None


def address_of(request: HttpRequest) -> str | None:
    """Who guesses, for counting."""
    return counted_as(request.META.get("REMOTE_ADDR", "")) or None  # none over a Unix socket
