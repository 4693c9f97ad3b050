"""A filter for the admin's lists, besides Django's own tags."""

import re
from collections.abc import Iterator
from typing import Any

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = Library()

_EMPTY = re.compile(r"<t[dh][^>]*>-?</t[dh]>")  # the cell of a value that is missing
_TAG = re.compile(r"^<t[dh]")


@register.filter
def labelled(cells: list[SafeString], headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """The cells of a row, each with its column's name in `data-label`, which the style sheet shows on phones.

    Cells without a value have none: phones leave them out.
    """
    for place, cell in enumerate(cells):
        label = headers[place] if place < len(headers) else {}  # an editable row ends with its id
        yield _with_label(cell, str(label.get("text", "")))


def _with_label(cell: SafeString, text: str) -> SafeString:
    if not text or text.startswith("<") or _EMPTY.fullmatch(cell):
        return cell
    label = format_html(' data-label="{}"', capfirst(text))
    return mark_safe(_TAG.sub(lambda tag: tag[0] + label, cell))  # noqa: S308  # both parts are safe
