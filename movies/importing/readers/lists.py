"""Names in one cell, written in other ways than the data set's own."""

import re
from collections.abc import Callable

from movies.importing.readers.cells import ABSENT
from movies.importing.readers.literals import literal
from movies.importing.readers.mending import mended


def names_between(separator: str, *, others: str) -> Callable[[str], tuple[str, str]]:
    """What reads a cell of names: its text as the data set would write it, and what was mended.

    Copies have other separators, or a list of Python's: ['Action', 'Drama']. `others` are the characters that separate
    names in such copies, and that no name of this data set holds.
    """
    ends = [re.compile(f"[{re.escape(characters)}]") for characters in (separator + others.replace("/", ""), "/")]
    if "/" not in others:
        ends.pop()
    foreign = re.compile(rf"[{re.escape(others)}\[]")
    to_look_at = re.compile(rf"[{re.escape(others)}\[&\\\u0080-\U0010ffff]")  # the few cells that need more

    def read(cell: str) -> tuple[str, str]:
        if not to_look_at.search(cell):
            return cell, ""
        text, reason = mended(cell)
        if not foreign.search(text) or text.strip().casefold() in ABSENT:
            return text, reason
        names = _parts(text.strip(), separator)
        for end in ends:
            names = [name for part in names for name in _split(part, end)]
        if names == [text.strip()]:
            return text, reason
        split = f"split into {len(names)}: this data set separates names by {separator!r}"
        return separator.join(names), "; ".join(filter(None, (reason, split)))

    return read


def _parts(text: str, separator: str) -> list[str]:
    """Raises ValueError where a list holds other things than names."""
    if not (text.startswith("[") and text.endswith("]")):
        return text.split(separator)
    try:
        found = literal(text)
    except ValueError:
        return text[1:-1].split(separator)  # names without quotes around them
    if not all(isinstance(part, str) for part in found):
        raise ValueError("no list of names")
    return list(found)


def _split(part: str, end: re.Pattern[str]) -> list[str]:
    """Without those that are missing, which is said before they are split at slashes: N/A."""
    return [name for word in end.split(part) if (name := word.strip()).casefold() not in ABSENT]
