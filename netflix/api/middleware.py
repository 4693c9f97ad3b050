from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from netflix.api.errors import problem_http_response

GetResponse = Callable[[HttpRequest], HttpResponse]


class RefuseNulBytes:
    """Answers 400 to a NUL byte in the path or the query: PostgreSQL cannot store or compare one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query: str = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or "\0" in query:
            return problem_http_response(400, "nul_byte", "A NUL byte cannot be part of an address.")
        return self.get_response(request)
