"""Cells with lists of names, in the data set's own notation or another."""

import re
from collections.abc import Callable

from movies.importing.cells import ABSENT
from movies.importing.readers.literals import literal
from movies.importing.readers.repairing import repaired


def names_between(separator: str, *, others: str) -> Callable[[str], tuple[str, str]]:
    """Return a function that rewrites a cell to use `separator`; it returns the cell and what was repaired.

    Some copies of a data set use other separators, or Python lists such as ['Action', 'Drama']. `others` are the
    separators to replace; they must not occur in names of this data set.
    """
    ends = [re.compile(f"[{re.escape(characters)}]") for characters in (separator + others.replace("/", ""), "/")]
    if "/" not in others:
        ends.pop()
    foreign = re.compile(rf"[{re.escape(others)}\[]")
    to_look_at = re.compile(rf"[{re.escape(others)}\[&\\\u0080-\U0010ffff]")  # the few cells to check further

    def repair(cell: str) -> tuple[str, str]:
        if not to_look_at.search(cell):
            return cell, ""
        text, reason = repaired(cell)
        if not foreign.search(text) or text.strip().casefold() in ABSENT:
            return text, reason
        names = _parts(text.strip(), separator)
        for end in ends:
            names = [name for part in names for name in _split(part, end)]
        if names == [text.strip()]:
            return text, reason
        split = f"split into {len(names)}: this data set separates names by {separator!r}"
        return separator.join(names), "; ".join(filter(None, (reason, split)))

    return repair


def _parts(text: str, separator: str) -> list[str]:
    """Split a cell or Python list. Raises ValueError if a list contains anything but strings."""
    if not (text.startswith("[") and text.endswith("]")):
        return text.split(separator)
    try:
        items = literal(text)
    except ValueError:
        return text[1:-1].split(separator)  # names without quotes around them
    if not all(isinstance(part, str) for part in items):
        raise ValueError("not a list of names")
    return list(items)


def _split(part: str, end: re.Pattern[str]) -> list[str]:
    """Split, dropping absent values. Slashes must be split last, so that N/A is recognised."""
    return [name for word in end.split(part) if (name := word.strip()).casefold() not in ABSENT]
