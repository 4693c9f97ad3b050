"""The URL `/`: a page for browsers, the index of the API for programs."""

from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.generic import RedirectView

_POLICY = {"img-src": ["https:"]}  # posters may be on any other server


@method_decorator(csp_update(_POLICY), name="dispatch")
class FrontPage(RedirectView):
    """Browsers get a page that is a client of the public API; all others are redirected to the API's index."""

    pattern_name = "api-root"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_browser = request.get_preferred_type(["application/json", "text/html"]) == "text/html"
        response = _page() if is_browser else super().get(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept"])
        return response


def _page() -> HttpResponse:
    """Rendered without the request, so it is the same for everybody and sets no cookie."""
    page = HttpResponse(render_to_string("front_page.html"))
    patch_cache_control(page, no_cache=True)  # validated by its ETag, so that a new release is seen at once
    return page
