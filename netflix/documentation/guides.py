"""The guides of `docs/guides/`, for the page at `/api/docs/`.

They are tags, because Redoc shows a tag without calls (`x-traitTag`) as a page. They are not in the schema itself, in
which other programs would show them as groups of calls.
"""

import re
from functools import cache
from typing import Any

from django.conf import settings

from netflix.documentation import ADDRESS

FOLDER = settings.BASE_DIR / "docs" / "guides"
ORDER = ("first-like", "signing-in", "paging", "errors", "caching", "idempotency", "limits", "cors")


@cache
def tags() -> list[dict[str, Any]]:
    return [_tag(name) for name in ORDER]


def _tag(name: str) -> dict[str, Any]:
    heading, _, text = (FOLDER / f"{name}.md").read_text().replace(ADDRESS, settings.PUBLIC_URL).partition("\n")
    title = heading.removeprefix("# ")
    return {"name": name, "x-displayName": title, "x-traitTag": True, "description": _with_links(text.strip())}


def _with_links(text: str) -> str:
    """Makes links to other guides links to their tags, and all other relative links plain text."""
    text = re.sub(r"\]\(([a-z-]+)\.md\)", r"](#tag/\1)", text)
    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)", r"\1", text)
