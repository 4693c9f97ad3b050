"""The settings of drf-spectacular, which makes the schema."""

from typing import Any


def schema_settings(public_url: str, path_prefix: str) -> dict[str, Any]:
    """SPECTACULAR_SETTINGS of a service at these URLs."""
    return {
        "TITLE": "Netflix backend",
        "DESCRIPTION": "The open backend of a movie streaming service: browse, search and look up films, like them, "
        "keep lists, be reminded, and get help. "
        f"The [first like]({public_url}/api/docs/#tag/first-like) takes five lines.",
        "VERSION": "1.0.0",
        "OAS_VERSION": "3.1.0",
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
        "SORT_OPERATIONS": False,  # as netflix/urls.py has them
        "SORT_OPERATION_PARAMETERS": False,
        # Sessions are for our own pages.
        "AUTHENTICATION_WHITELIST": ["netflix.accounts.authentication.BearerTokenAuthentication"],
        "SWAGGER_UI_SETTINGS": {"deepLinking": True, "tryItOutEnabled": True, "defaultModelsExpandDepth": -1},
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "SCHEMA_PATH_PREFIX": "/api/v1",
        "SERVERS": [{"url": path_prefix}] if path_prefix else [],
        "COMPONENT_SPLIT_REQUEST": True,
        "ENUM_NAME_OVERRIDES": {
            "TicketStatus": "support.states.Status",
            "TicketCategory": "support.models.Category",
            "Author": "support.models.Author",
            "TicketScore": "support.models.Score",
        },
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "netflix.api.schema.complete_schema",
            "netflix.documentation.schema.complete",
        ],
    }
