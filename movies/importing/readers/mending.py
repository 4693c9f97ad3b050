"""Text that is not what it says: another program escaped its quotes, wrote HTML, or read it in the wrong encoding."""

import re
from html import unescape
from html.entities import html5

from movies import limits

BACKSLASHES = "removed the backslash before a quote"
HTML = "replaced HTML entities such as &amp;"
DECODED = "decoded again: another program had read it in the wrong encoding"
_LONGEST = 4 * limits.DESCRIPTION_LENGTH  # characters; wrong text is longer than what is meant, and cells refuse more
_ESCAPED_QUOTE = re.compile(r"""(?<![\\/])\\(["'])""")  # behind another stroke it may be a drawing
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# What text in the wrong encoding has and little other text: the bytes of a letter in UTF-8 shown as letters of Latin-1
# or Windows, one of them perhaps as a space, or what no text should have. One set of characters first is found quickly.
_LATER = "[\u0080-\u00bf" + re.escape(bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")) + "]"
_UNUSUAL = "\u0080-\u009f\u0102\u221a\u251c"
_WRONG_ENCODING = re.compile(
    f"[\u00c2-\u00f4{_UNUSUAL}](?:(?<=[\u00c2-\u00df]){_LATER}|{_LATER}{{2}}|(?<=\u00c3) |(?<=[{_UNUSUAL}]))"
)


def mended(cell: str) -> tuple[str, str]:
    """The text that a cell means, and what was mended for that; mostly the same text, and nothing."""
    if "&" not in cell and "\\" not in cell and (cell.isascii() or not _WRONG_ENCODING.search(cell)):
        return cell, ""
    text, reasons = cell, []
    for mend, reason in _MENDS:
        better = mend(text)
        if better != text:
            text = better
            reasons.append(reason)
    return text, "; ".join(reasons)


def _without_backslashes(text: str) -> str:
    return _ESCAPED_QUOTE.sub(r"\1", text) if "\\" in text else text


def _without_html(text: str) -> str:
    """Once only: what HTML escaped twice may be about HTML. The semicolon is needed, "AT&T" and "R&B" are no HTML."""
    return _ENTITY.sub(_meaning, text) if "&" in text else text


def _meaning(entity: re.Match[str]) -> str:
    if entity[0][1] == "#":
        return unescape(entity[0])
    return html5.get(entity[0][1:], entity[0])


def _in_right_encoding(text: str) -> str:
    if text.isascii() or len(text) > _LONGEST or not _WRONG_ENCODING.search(text):
        return text
    import ftfy  # noqa: PLC0415  # takes a tenth of a second, which only an import of such text should pay

    # Letters that are lost stay lost: no cell accepts U+FFFD, and none may come out that was not there.
    return ftfy.fix_encoding(text, replace_lossy_sequences=False)


_MENDS = (
    (_without_backslashes, BACKSLASHES),
    (_without_html, HTML),
    (_in_right_encoding, DECODED),
)
