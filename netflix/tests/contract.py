"""Compares every answer of the test suite with the schema: its status, its media type and its body."""

import json
import re
from functools import cache
from threading import Lock
from typing import Any

import jsonschema_rs
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator

# The statuses that a `default` response stands for.
ANYWHERE = frozenset({"400", "401", "403", "405", "406", "408", "411", "412", "413", "415", "429", "503"})
# Differences from the schema. A fixture in conftest.py checks after each test that there are none.
broken: list[str] = []
_one_at_a_time = Lock()


class AnswersAsPromised:
    """The outermost middleware in tests, which sees each answer as clients get it."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        operation = _operation(request.method, request.path_info)
        if operation is not None:
            is_whole = "fields" not in request.GET  # which leaves out what the schema requires
            said = _breaks(operation, answer, is_whole=is_whole)
            broken.extend(f"{request.method} {request.get_full_path()}: {each}" for each in said)
        return answer


def _breaks(operation: dict[str, Any], answer: HttpResponse, *, is_whole: bool) -> list[str]:
    status = str(answer.status_code)
    promised = operation["responses"].get(status, operation["responses"]["default"] if status in ANYWHERE else None)
    if answer.status_code == 500:
        return []  # a crash on purpose, or the test fails by itself
    if promised is None:
        return [f"{answer.status_code} is not among {', '.join(operation['responses'])}: {answer.content[:300]!r}"]
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if media_type == "text/html" or operation["head"]:  # the browsable API; no body
        return []
    return _body_breaks(_followed(promised).get("content", {}), media_type, answer, is_whole=is_whole)


def _body_breaks(promised: dict[str, Any], media_type: str, answer: HttpResponse, *, is_whole: bool) -> list[str]:
    if not promised:
        return [f"{answer.status_code} has a body"] if answer.content else []
    if media_type not in promised:
        return [f"{media_type!r} is not among {', '.join(promised)}"]
    if "json" not in media_type:  # a file
        return []
    body = json.loads(answer.content)
    validator = validator_of(json.dumps(promised[media_type]["schema"]), is_whole=is_whole)
    return [f"{error.message} at {list(error.instance_path)}" for error in validator.iter_errors(body)]


def operation_id(method: str, path: str) -> str:
    """The id of the operation that handles a request to this address, with or without a query."""
    operation = _operation(method, path.partition("?")[0])
    assert operation is not None, f"The schema has no {method} {path}."
    name: str = operation["operationId"]
    return name


def _operation(method: str | None, path: str) -> dict[str, Any] | None:
    wanted = "get" if method == "HEAD" else str(method).lower()
    with _one_at_a_time:  # drf-spectacular does not make two schemas at once
        known = _operations()
    for pattern, operations in known:
        if pattern.fullmatch(path) and wanted in operations:
            return operations[wanted] | {"head": method == "HEAD"}
    return None


def _followed(response: dict[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    return _schema()["components"]["responses"][name] if name else response


@cache
def _schema() -> dict[str, Any]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for component in schema["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False  # an answer has what is promised and no more
    return schema


@cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Addresses without a parameter come first, because `movies/suggest/` is not the details of a film."""
    paths = sorted(_schema()["paths"].items(), key=lambda path: "{" in path[0])
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations) for path, operations in paths]


@cache
def validator_of(reference: str, *, is_whole: bool = True) -> Any:
    """Without `is_whole`, films may lack members."""
    components = _schema()["components"]
    if not is_whole:
        partial = {
            name: {key: value for key, value in schema.items() if key != "required" or "Movie" not in name}
            for name, schema in components["schemas"].items()
        }
        components = components | {"schemas": partial}
    return jsonschema_rs.validator_for(json.loads(reference) | {"components": components}, validate_formats=True)
