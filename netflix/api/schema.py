"""What drf-spectacular cannot see by itself: the errors every operation may answer with."""

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "A stable name that a client may switch on."},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "request_id": {"type": "string", "nullable": True, "description": "Quote it when you ask for help."},
        "allowed": {
            "type": "array",
            "description": "With code `move_not_allowed`: what the ticket can become.",
            "items": {"type": "string"},
        },
        "errors": {
            "type": "array",
            "description": "With code `invalid`: what is wrong with which field.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ERROR = {
    "description": "An error, as problem details.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def add_problem_responses(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: every operation may answer 4XX with a Problem."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("4XX", ERROR)
    return result
