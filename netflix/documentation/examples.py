"""The examples of `docs/examples/`: requests that a test makes, with the responses that it gets (`make docs`).

`docs/examples/OPERATION.json` is a list of `Example`, and `docs/examples/errors.json` has the responses that operations
share, by the name of the response.
"""

import json
import re
import shlex
from typing import Any, NotRequired, TypedDict
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from netflix.documentation import ADDRESS

FOLDER = settings.BASE_DIR / "docs" / "examples"


class Example(TypedDict):
    title: str
    path: str
    login: bool
    status: int
    body: NotRequired[dict[str, Any]]
    upload: NotRequired[str]  # the name of the file that is sent instead of a body
    answer: NotRequired[Any]


def of_operation(name: str) -> list[Example]:
    """The examples of the operation with this `operationId`."""
    examples: list[Example] = _content(name, [])
    return examples


def add(operation: dict[str, Any], method: str, path: str) -> None:
    """Add the examples of an operation at `path` to its description."""
    examples = of_operation(operation["operationId"])
    if not examples:
        return
    operation["x-codeSamples"] = [{"lang": "Shell", "label": "curl", "source": _commands(method, examples)}]
    _add_values(operation, path, examples[0]["path"])
    for number, example in enumerate(examples, start=1):
        name, title = f"example-{number}", example["title"]
        if "body" in example and example["status"] < 400:
            _put(operation.get("requestBody", {}), name, title, example["body"])
        if "answer" in example:
            _put(operation["responses"].get(str(example["status"]), {}), name, title, example["answer"])


def add_to_errors(responses: dict[str, Any]) -> None:
    """Add the examples of the responses that operations share."""
    for name, answer in _content("errors", {}).items():
        _put(responses.get(name, {}), "example-1", answer["code"], answer)


def _content(name: str, missing: Any) -> Any:
    """The content of a file; `missing` if it does not exist yet."""
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text().replace(ADDRESS, settings.PUBLIC_URL)) if file.exists() else missing


def _commands(method: str, examples: list[Example]) -> str:
    called = [example for example in examples if example["status"] < 400]
    shown = [(example["title"], as_curl(method, example, settings.PUBLIC_URL)) for example in called]
    return shown[0][1] if len(shown) == 1 else "\n\n".join(f"# {title}\n{command}" for title, command in shown)


def as_curl(method: str, example: Example, base_url: str) -> str:
    """The request as a command; `TOKEN` is the variable that the guides set."""
    words = ["curl"]
    if method != ("post" if {"body", "upload"} & example.keys() else "get"):
        words.append(f"-X {method.upper()}")
    words.append(f'"{base_url}{example["path"]}"')
    if example["login"]:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if "body" in example:
        words.append('-H "Content-Type: application/json"')
        words.append(f"-d {shlex.quote(json.dumps(example['body'], ensure_ascii=False))}")
    if "upload" in example:
        words.append(f'-F "file=@{example["upload"]}"')
    return " \\\n  ".join([" ".join(words[:3]), *words[3:]])


def _add_values(operation: dict[str, Any], path: str, example: str) -> None:
    """Give the parameters the values that they have in the example's URL."""
    url = urlsplit(example)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    match = re.fullmatch(pattern, url.path)
    values: dict[str, list[str]] = {
        **{name: [value] for name, value in (match.groupdict() if match else {}).items()},
        **parse_qs(url.query),
    }
    for parameter in operation.get("parameters", []):
        if parameter["in"] in ("path", "query") and parameter["name"] in values:
            parameter["example"] = _as_type(parameter["schema"], values[parameter["name"]])


def _as_type(schema: dict[str, Any], values: list[str]) -> Any:
    kind = schema.get("type")
    if kind == "array":
        return values
    if kind in ("integer", "number"):
        return json.loads(values[0])
    return values[0] in ("1", "true") if kind == "boolean" else values[0]


def _put(part: dict[str, Any], name: str, title: str, value: Any) -> None:
    for media_type in part.get("content", {}).values():
        media_type.setdefault("examples", {})[name] = {"summary": title, "value": value}
