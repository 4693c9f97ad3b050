"""Parses cells that contain a list, as JSON or as a Python literal."""

import ast
from typing import Any

import orjson

from movies.importing.readers.repairing import BACKSLASHES, repaired

# Characters of a Python list: parsing needs two hundred times that in memory. TMDB's longest crew is a third of it.
# Nesting needs no limit here: Python refuses more than two hundred levels.
_MAX_LENGTH = 256 * 1024


def literal(cell: str) -> Any:
    """Parse JSON or a Python literal. Raises ValueError."""
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        pass
    if len(cell) > _MAX_LENGTH:
        raise ValueError("not JSON, and too long for a Python list")
    try:
        return ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError("neither JSON nor a Python list") from None


def objects(cell: str) -> tuple[list[dict[str, Any]], str]:
    """Parse a list of objects and repair their names; return it and what was repaired. Raises ValueError."""
    if not cell.strip():
        return [], ""
    items, reason = _parse_with_escaped_quotes(cell)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError("not a list of objects")
    reasons = [reason] if reason else []
    for item in items:
        if isinstance(name := item.get("name"), str):
            item["name"], reason = repaired(name)
            if reason:
                reasons.append(reason)
    return items, "; ".join(dict.fromkeys(reasons)) if reasons else ""


def _parse_with_escaped_quotes(cell: str) -> tuple[Any, str]:
    try:
        return literal(cell), ""
    except ValueError:
        if '\\"' not in cell:
            raise
        return literal(cell.replace('\\"', '"')), BACKSLASHES
