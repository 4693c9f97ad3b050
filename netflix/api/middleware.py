from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from netflix.api.errors import problem_http_response

GetResponse = Callable[[HttpRequest], HttpResponse]


class ClientAddress:
    """Makes REMOTE_ADDR the client's address behind TRUSTED_PROXIES, for throttles, lock-outs and logs alike.

    Each proxy appends whom it heard from, so only the last entries of X-Forwarded-For can be believed: as many as there
    are proxies. The rest is what a client likes to claim, and nobody after us gets to see it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        entries = request.META.pop("HTTP_X_FORWARDED_FOR", "").split(",")
        if settings.TRUSTED_PROXIES:
            believed = entries[-settings.TRUSTED_PROXIES :][0].strip()
            if _is_address(believed):
                request.META["REMOTE_ADDR"] = believed
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class RefuseNulBytes:
    """Answers 400 to a NUL byte in the path or the query: PostgreSQL cannot store or compare one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query: str = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or "\0" in query:
            return problem_http_response(400, "nul_byte", "A NUL byte cannot be part of an address.")
        return self.get_response(request)
