"""The OpenAPI document at /api/schema/, rendered once for each process and media type."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.cache import patch_cache_control, patch_vary_headers
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from netflix.api.entity_tags import entity_tag


class SchemaView(SpectacularAPIView):
    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        media_type = request.accepted_media_type
        body, tag = _rendered(media_type)
        response = HttpResponse(body, content_type=media_type, headers={"ETag": tag})
        patch_vary_headers(response, ["Accept"])
        patch_cache_control(response, public=True, no_cache=True)
        return response


@cache
def _rendered(media_type: str) -> tuple[bytes, str]:
    """The document, and its entity tag."""
    request = RequestFactory(HTTP_HOST="localhost").get("/", HTTP_ACCEPT=media_type)
    body: bytes = SpectacularAPIView.as_view()(request).render().content
    return body, entity_tag(body)
