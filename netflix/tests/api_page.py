"""docs/api.md, made from the schema by `make docs`: all calls on one page."""

from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from netflix.documentation import examples

PAGE = settings.BASE_DIR / "docs" / "api.md"
_BEGINNING = """# The API

All calls on one page, made from the schema by `make docs`. On a running service <http://localhost:8000/api/docs/> has the
same with every field, parameter and example, and <http://localhost:8000/api/docs/try/> lets you try them.

The addresses begin with `/api/v1/`. The [guides](guides/) explain what all calls have in common. The commands need
`API`, `JSON` and `TOKEN` of [the first like](guides/first-like.md).

"who" says who may call it: everybody, people with a login, or staff.
"""
_END = """
## Health

`GET /healthz` says that the process is up. `GET /readyz` says whether reads and writes are answered (503 if not), and as
`warnings` whether Redis is unavailable, and whether no worker of technical support was seen for a minute.
"""


def rendered() -> str:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = [
        (path, method, operation) for path, item in schema["paths"].items() for method, operation in item.items()
    ]
    parts = [_BEGINNING]
    for tag in schema["tags"]:
        rows = [_row(*each) for each in operations if tag["name"] in each[2]["tags"]]
        if rows:
            head = "| call | who | what it does | for example |\n|---|---|---|---|"
            parts.append("\n".join([f"## {tag['x-displayName']}\n\n{tag['description']}\n", head, *rows]) + "\n")
    return "\n".join(parts) + _END


def _row(path: str, method: str, operation: dict[str, Any]) -> str:
    call = f"`{method.upper()} {path.removeprefix('/api/v1/')}`"
    text = f"**{operation['summary']}.** {operation['description']}"
    shown = examples.of_operation(operation["operationId"])
    command = f"`{_short(examples.as_curl(method, shown[0], ''))}`" if shown else ""
    return f"| {call} | {_who(operation)} | {text} | {command.replace('|', '&#124;')} |"


def _who(operation: dict[str, Any]) -> str:
    if "403" in operation["responses"]:
        return "staff"
    return "login" if operation.get("security") and {} not in operation["security"] else "all"


def _short(command: str) -> str:
    command = command.replace('"/api/v1', '"$API').replace(" \\\n ", "")
    return command.replace('"Content-Type: application/json"', '"$JSON"')
