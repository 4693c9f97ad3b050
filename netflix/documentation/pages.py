"""The pages under `/api/docs/`: Redoc for reading, Swagger UI for trying."""

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularSwaggerSplitView

from netflix.documentation import guides

# Redoc and Swagger UI write style attributes.
_STYLES = {"style-src": [SELF, UNSAFE_INLINE]}


# Redoc searches in a worker that it makes of its own code. Nothing is sent to the page: a POST is a 405, not a 403.
@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(csp_update({"worker-src": ["blob:"], **_STYLES}), name="dispatch")
class DocsPage(TemplateView):
    template_name = "documentation/docs.html"

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        return super().get_context_data(guides=guides.tags(), **named)


@method_decorator(csp_update(_STYLES), name="dispatch")
class TryPage(SpectacularSwaggerSplitView):
    template_name = "documentation/try.html"
    url_name = "schema"
    metadata_class = None
