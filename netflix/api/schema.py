"""The OpenAPI schema: JSON only, and for each operation the errors that it can answer."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

_MOVED = {
    "description": "The film, or the person, proved to be the same as another: send the request there.",
    "headers": {"Location": {"description": "Its address.", "schema": {"type": "string", "format": "uri"}}},
}
_RETRY_AFTER = {"Retry-After": {"description": "In how many seconds to try again.", "schema": {"type": "integer"}}}


class ProblemFieldSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The field's name; of a nested field its path, joined by dots.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="A stable name that a client may switch on.")
    detail = serializers.CharField(help_text="One sentence for a person.")
    request_id = serializers.CharField(allow_null=True, help_text="Quote it when you ask for help.")
    errors = ProblemFieldSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="With `invalid`: what is wrong with which field or parameter."
    )


_REFUSALS: dict[str, tuple[str, str]] = {
    "400": ("Invalid", "`invalid`, with `errors`; or a code that says why the request could not be understood."),
    "401": ("NotAuthenticated", "`not_authenticated` without a login, `authentication_failed` with a bad token."),
    "403": ("Forbidden", "`permission_denied`; or `https_required` in plain HTTP where there is HTTPS."),
    "404": ("NotFound", "`not_found`."),
    "406": ("NotAcceptable", "`not_acceptable`: answers are JSON."),
    "408": ("BodyTooSlow", "`body_timeout`."),
    "409": ("KeyInUse", "`idempotency_key_in_use`: the first request with this key is still at work."),
    "411": ("LengthRequired", "`length_required`."),
    "412": ("PreconditionFailed", "`precondition_failed`: the condition does not hold; nothing was done."),
    "413": ("BodyTooLarge", "`body_too_large`."),
    "415": ("UnsupportedMediaType", "`unsupported_media_type`."),
    "422": ("KeyReused", "`idempotency_key_reused`: the key belongs to another request."),
    "429": ("TooManyRequests", "`throttled`, or `locked_out` after too many wrong passwords."),
    "503": ("Unavailable", "`unavailable`: the database is busy or away."),
}  # fmt: skip


def error_response(codes: str, problem: type[ProblemSerializer] = ProblemSerializer) -> OpenApiResponse:
    """For the `responses` of a view: an error that is specific to it, with its possible codes.

    An error with additional members, as `Conflict` takes them, has a `problem` with these.
    """
    return OpenApiResponse(problem, codes)


class ApiAutoSchema(AutoSchema):
    """Adds the errors that middleware and base classes answer to REST framework's description of a view."""

    def map_parsers(self) -> list[str]:
        """Forms are accepted too, for the browsable API, but not documented."""
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
        if self.method == "GET":  # each has an entity tag
            responses["304"] = {"description": "Nothing has changed since the `ETag` that `If-None-Match` gives."}
        if "{movie_id}" in self.path or "{person_id}" in self.path:
            responses["308"] = {"$ref": "#/components/responses/Moved"}
        for status in self._refusals(operation):
            responses.setdefault(status, {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"})
        operation["responses"] = dict(sorted(responses.items()))
        return operation

    def _refusals(self, operation: dict[str, Any]) -> list[str]:
        authenticates = bool(self.view.authentication_classes)
        writes = self.method != "GET"
        has_body = self.method in ("POST", "PUT", "PATCH")
        parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
        conditions = {
            "400 406 415 429 503": True,
            "401": authenticates,
            "403": authenticates or writes,
            "404": "{" in self.path,
            "408 411 413": has_body,
            "412": not writes or "If-Match" in parameters,
            "409 422": "Idempotency-Key" in parameters,
        }
        return [status for statuses, holds in conditions.items() if holds for status in statuses.split()]


def complete_schema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: defines the shared errors, and forbids unknown members of bodies."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result["components"]["responses"] = {
        name: {"description": description, "content": problem}
        | ({"headers": _RETRY_AFTER} if status in ("429", "503") else {})
        for status, (name, description) in _REFUSALS.items()
    }
    result["components"]["responses"]["Moved"] = _MOVED
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    return result
