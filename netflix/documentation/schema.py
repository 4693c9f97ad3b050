"""Completes the schema with what does not come from views: the order of the tags, and the examples."""

from typing import Any

from netflix.documentation import examples
from netflix.documentation.tags import tags

_METHODS = ("get", "post", "put", "patch", "delete")
# Descriptions of the parameters in paths, for which views cannot give any.
_PATH_PARAMETERS = {
    "movie_id": "The film's `id`.",
    "person_id": "The person's `id`.",
    "login_id": "The login's `id`, from the list of your logins.",
    "play_id": "The viewing's `id`, from the film's `plays`.",
    "notice_id": "The notice's `id`.",
    "key": "The last part of the file's `url`.",
    "number": "The ticket's number. Small letters and missing dashes are understood too.",
}


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook."""
    operations = [operation for item in result["paths"].values() for operation in item.values()]
    result["tags"] = tags({tag for operation in operations for tag in operation["tags"]})
    for path, item in result["paths"].items():
        result["paths"][path] = {method: item[method] for method in _METHODS if method in item}
        for method, operation in item.items():
            _describe_path(operation)
            examples.add(operation, method, path)
    examples.add_to_errors(result["components"]["responses"])
    return result


def _describe_path(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" and parameter["name"] in _PATH_PARAMETERS:
            parameter["description"] = _PATH_PARAMETERS[parameter["name"]]
