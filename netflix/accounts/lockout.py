from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from netflix.api.errors import problem_http_response


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
