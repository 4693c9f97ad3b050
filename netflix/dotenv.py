"""The file `.env` beside manage.py.

docker compose reads the same file. Lines that it would read differently, such as `$` outside of single quotes, are
refused.
"""

import os
import re
from pathlib import Path

_BLANK_OR_COMMENT = re.compile(r"\s*(#.*)?")
_SETTING = re.compile(
    r"""\s*(?:export\ )?(?P<name>[A-Za-z_]\w*)=
        (?:'(?P<single>[^']*)' | "(?P<double>(?:[^"\\$]|\\["\\])*)" | (?P<bare>(?!['"\s])(?:(?!\s\#)[^$])*?)?)
        \s*""",
    re.VERBOSE | re.ASCII,
)


class DotenvError(Exception):
    """The file is not valid; the message is for people."""


def load(path: Path) -> None:
    """Add the file's settings to the environment, unless they are set there. Raises DotenvError."""
    for name, value in read(path).items():
        os.environ.setdefault(name, value)


def read(path: Path) -> dict[str, str]:
    """The file's settings; none if there is no file. Raises DotenvError."""
    settings = {}
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if _BLANK_OR_COMMENT.fullmatch(line):
            continue
        setting = _SETTING.fullmatch(line)
        if setting is None:  # the line is not shown: it may hold a password
            raise DotenvError(
                f"Line {number} of {path} is not a setting. Write NAME=value without spaces around the equals sign, "
                "comments on lines of their own, and a value with #, $ or quotes in single quotes."
            )
        settings[setting["name"]] = _value(setting)
    return settings


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise DotenvError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _not_utf_8(path) from error
    if "\0" in text:  # UTF-16 without a byte order mark
        raise _not_utf_8(path)
    return text


def _not_utf_8(path: Path) -> DotenvError:
    return DotenvError(f"{path} is not in UTF-8. Save it again in this encoding.")


def _value(setting: re.Match[str]) -> str:
    if setting["double"] is not None:
        return re.sub(r"\\(.)", r"\1", setting["double"])
    return setting["single"] or setting["bare"] or ""
