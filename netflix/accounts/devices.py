"""The kind of device that a login comes from, in a few words for its owner."""

import re

_MAX_HEADER_LENGTH = 500  # characters that are looked at
_MAX_NAME_LENGTH = 40

# In this order, because many browsers also name the browsers that they are derived from.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "Chromebook",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
_PRODUCT = re.compile(rf"[A-Za-z][A-Za-z0-9._-]{{0,{_MAX_NAME_LENGTH - 1}}}")


def device_of(user_agent: str) -> str:
    """For example `Firefox on Windows`, or `curl` for a program; empty if unknown.

    Only the kind is stored: a whole User-Agent can identify a device.
    """
    text = user_agent[:_MAX_HEADER_LENGTH]
    product = _PRODUCT.match(text)
    program = product[0] if product and product[0] != "Mozilla" else ""
    return " on ".join(filter(None, [_first(_BROWSERS, text) or program, _first(_SYSTEMS, text)]))


def _first(names: dict[str, str], text: str) -> str:
    return next((name for sign, name in names.items() if sign in text), "")
