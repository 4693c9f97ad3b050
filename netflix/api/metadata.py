from typing import TYPE_CHECKING, Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request

if TYPE_CHECKING:  # REST framework imports this module while it makes APIView
    from rest_framework.views import APIView


class MetadataWithoutActions(SimpleMetadata):
    """OPTIONS answers name, description and media types; bodies are described in the OpenAPI schema."""

    def determine_actions(self, request: Request, view: "APIView") -> dict[str, Any]:
        return {}
