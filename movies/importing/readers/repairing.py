"""Repairs text that another program damaged: escaped quotes, HTML entities, the wrong encoding."""

import re
from html import unescape
from html.entities import html5

from movies import limits

BACKSLASHES = "removed the backslash before a quote"
HTML = "replaced HTML entities such as &amp;"
DECODED = "decoded again: another program had read it in the wrong encoding"
_MAX_LENGTH = 4 * limits.DESCRIPTION_LENGTH  # characters; damaged text is longer than the original
_ESCAPED_QUOTE = re.compile(r"""(?<![\\/])\\(["'])""")  # after another slash or backslash it may be ASCII art
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Typical of wrongly decoded text, rare elsewhere: UTF-8 bytes shown as Latin-1 or Windows letters, one perhaps as a
# space, or characters that text should not have. Starting with one character class makes the search fast.
_LATER = "[\u0080-\u00bf" + re.escape(bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")) + "]"
_UNUSUAL = "\u0080-\u009f\u0102\u221a\u251c"
_WRONG_ENCODING = re.compile(
    f"[\u00c2-\u00f4{_UNUSUAL}](?:(?<=[\u00c2-\u00df]){_LATER}|{_LATER}{{2}}|(?<=\u00c3) |(?<=[{_UNUSUAL}]))"
)


def repaired(cell: str) -> tuple[str, str]:
    """Return the repaired text and what was repaired; mostly the unchanged text and ""."""
    if "&" not in cell and "\\" not in cell and (cell.isascii() or not _WRONG_ENCODING.search(cell)):
        return cell, ""
    text, reasons = cell, []
    for repair, reason in _REPAIRS:
        better = repair(text)
        if better != text:
            text = better
            reasons.append(reason)
    return text, "; ".join(reasons)


def _without_backslashes(text: str) -> str:
    return _ESCAPED_QUOTE.sub(r"\1", text) if "\\" in text else text


def _without_html(text: str) -> str:
    """Unescape once: doubly escaped text may be about HTML. Requires the semicolon, because of AT&T and R&B."""
    return _ENTITY.sub(_meaning, text) if "&" in text else text


def _meaning(entity: re.Match[str]) -> str:
    if entity[0][1] == "#":
        return unescape(entity[0])
    return html5.get(entity[0][1:], entity[0])


def _in_right_encoding(text: str) -> str:
    if text.isascii() or len(text) > _MAX_LENGTH or not _WRONG_ENCODING.search(text):
        return text
    import ftfy  # noqa: PLC0415  # takes a tenth of a second, and few imports need it

    # Do not replace undecodable letters by U+FFFD: the cell parsers would reject it.
    return ftfy.fix_encoding(text, replace_lossy_sequences=False)


_REPAIRS = (
    (_without_backslashes, BACKSLASHES),
    (_without_html, HTML),
    (_in_right_encoding, DECODED),
)
