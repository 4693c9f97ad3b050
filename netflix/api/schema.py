"""The OpenAPI schema: JSON only, with the errors of each operation.

Errors that can come from anywhere are the `default` response of each operation; docs/guides/errors.md lists their
codes.
"""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

_LOCATION = {"Location": {"description": "The other URL.", "schema": {"type": "string", "format": "uri"}}}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "With 429 and 503: in how many seconds to try again.",
        "schema": {"type": "integer"},
    }
}


class ProblemFieldSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The field's name; of a nested field its path, joined by dots.")
    code = serializers.CharField(help_text="A stable name for what is wrong with it.")
    detail = serializers.CharField(help_text="One sentence for a person.")


class ProblemSerializer(serializers.Serializer):
    """Problem details, RFC 9457."""

    type = serializers.CharField(help_text="Always `about:blank`: `code` tells errors apart.")
    title = serializers.CharField(help_text="The name of the status.")
    status = serializers.IntegerField(help_text="The status of the answer.")
    code = serializers.CharField(help_text="A stable name that a client may switch on.")
    detail = serializers.CharField(help_text="One sentence for a person.")
    request_id = serializers.CharField(allow_null=True, help_text="Quote it when you ask for help.")
    errors = ProblemFieldSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="With `invalid`: what is wrong with which field or parameter."
    )


# The responses that operations share, by status: name and description.
_RESPONSES = {
    "304": ("NotModified", "Nothing has changed since the `ETag` that `If-None-Match` gives."),
    "308": ("Moved", "The film, or the person, proved to be the same as another: send the request there."),
    "404": ("NotFound", "`not_found`: it is not there, or it belongs to somebody else."),
    "409": ("KeyInUse", "`idempotency_key_in_use`: the first request with this key is still at work."),
    "412": ("PreconditionFailed", "`precondition_failed`: the condition does not hold; nothing was done."),
    "422": ("KeyReused", "`idempotency_key_reused`: the key belongs to another request."),
    "default": ("Error", "One of the errors that every call can answer; `code` says which."),
}


def error_response(codes: str, problem: type[ProblemSerializer] = ProblemSerializer) -> OpenApiResponse:
    """For the `responses` of a view: an error that is specific to it, with its possible codes.

    An error with additional members, as `Conflict` takes them, has a `problem` with these.
    """
    return OpenApiResponse(problem, codes)


STAFF_ONLY = error_response("`permission_denied`: the account is not staff, or lacks the permission.")


class ApiAutoSchema(AutoSchema):
    """Adds the errors that middleware and base classes answer to REST framework's description of a view."""

    def map_parsers(self) -> list[str]:
        """Forms are accepted too, for the browsable API, but documented only where nothing else is."""
        if self.view.parser_classes == [MultiPartParser]:
            return [MultiPartParser.media_type]
        return ["application/json"]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        self.resolve_serializer(ProblemSerializer, "response")
        responses = operation["responses"]
        for status, response in responses.items():
            if status >= "400":
                response["content"] = {"application/problem+json": response["content"].pop("application/json")}
        for status in self._other_statuses(operation):
            responses.setdefault(status, {"$ref": f"#/components/responses/{_RESPONSES[status][0]}"})
        operation["responses"] = dict(sorted(responses.items()))
        return operation

    def _other_statuses(self, operation: dict[str, Any]) -> list[str]:
        parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
        conditions = {
            "304": self.method == "GET",  # each response has an entity tag
            "308": "{movie_id}" in self.path or "{person_id}" in self.path,
            "404": "{" in self.path,
            "409": "Idempotency-Key" in parameters,
            "412": "If-Match" in parameters,
            "422": "Idempotency-Key" in parameters,
            "default": True,
        }
        return [status for status, holds in conditions.items() if holds]


def complete_schema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: defines the shared errors, and forbids unknown members of bodies."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result["components"]["responses"] = {
        name: {"description": description} | ({} if status < "400" else {"content": problem})
        for status, (name, description) in _RESPONSES.items()
    }
    result["components"]["responses"]["Moved"]["headers"] = _LOCATION
    result["components"]["responses"]["Error"]["headers"] = _RETRY_AFTER
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    return result
