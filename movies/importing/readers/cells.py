"""What the text of one cell means, or why it means nothing. Absent numbers are None."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from movies import limits

Value = TypeVar("Value")

_ABSENT = {"", "-", "n/a", "na", "nan", "none", "null", "not specified", "\\n"}
_WHOLE_NUMBER = re.compile(r"[0-9]{1,15}")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_DECIMAL_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_MOST_WORDS_OF_A_NAME = 5
_IMDB_GENRES = frozenset({
    "action", "adult", "adventure", "animation", "biography", "comedy", "crime", "documentary",
    "drama", "family", "fantasy", "film-noir", "game-show", "history", "horror", "music",
    "musical", "mystery", "news", "reality-tv", "romance", "sci-fi", "short", "sport",
    "talk-show", "thriller", "war", "western",
})  # fmt: skip


class CellError(Exception):
    """A cell holds something its column cannot."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, value, reason


def converted(convert: Callable[[str], Value], cell: str, field: str) -> Value:
    """The cell's value. Raises CellError that names the column."""
    try:
        return convert(cell)
    except ValueError as error:
        raise CellError(field, cell, str(error)) from error


def shortened(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def title(cell: str) -> str:
    text = _text(cell)
    if not text:
        raise ValueError("a film needs a title")
    return _no_longer_than(limits.TITLE_LENGTH, text)


def description(cell: str) -> str:
    return _no_longer_than(limits.DESCRIPTION_LENGTH, _text(cell))


def names(cell: str) -> tuple[str, ...]:
    """Names separated by commas, each once."""
    found = (_no_longer_than(limits.NAME_LENGTH, part.strip()) for part in _text(cell).split(","))
    return tuple(dict.fromkeys(name for name in found if name))


def year(cell: str) -> int:
    number = _between(limits.FIRST_YEAR, limits.LAST_YEAR, _whole_number(cell))
    if number is None:
        raise ValueError("a film needs a year")
    return number


def runtime_minutes(cell: str) -> int | None:
    return _between(1, limits.MAX_RUNTIME_MINUTES, _whole_number(re.sub(r"\s*min$", "", cell.strip())))


def rating(cell: str) -> Decimal | None:
    number = _decimal(cell)
    if number is None:
        return None
    if number > limits.MAX_RATING or number != round(number, 1):
        raise ValueError(f"not a rating from 0 to {limits.MAX_RATING} with one decimal")
    return round(number, 1)


def votes(cell: str) -> int | None:
    return _between(0, limits.MAX_VOTES, _whole_number(cell))


def revenue_in_millions(cell: str) -> int | None:
    """Whole dollars; the file says millions, with the cents' worth of decimals."""
    number = _decimal(cell)
    return None if number is None else _between(0, limits.MAX_REVENUE_USD, int(number * 1_000_000))


def metascore(cell: str) -> int | None:
    return _between(0, limits.MAX_METASCORE, _whole_number(cell))


def look_like_genres(found: Iterable[str]) -> bool:
    """At least one, and all of them genres that IMDb has: no piece of prose passes for them."""
    genres = [name.casefold() for name in found]
    return bool(genres) and _IMDB_GENRES.issuperset(genres)


def look_like_people(found: Iterable[str]) -> bool:
    """Names of people are a few words long and do not end like sentences."""
    return all(
        len(name.split()) <= _MOST_WORDS_OF_A_NAME
        and name[-1] not in "!?»"
        and (name[-1] != "." or name.endswith(("Jr.", "Sr.")) or len(name.split()[-1]) <= 3)
        and not name[0].islower()
        for name in found
    )


def _text(cell: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", cell).split())
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("it holds a control character")
    return text


def _no_longer_than(length: int, text: str) -> str:
    if len(text) > length:
        raise ValueError(f"longer than {length} characters")
    return text


def _whole_number(cell: str) -> int | None:
    text = cell.strip()
    if text.casefold() in _ABSENT:
        return None
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def _decimal(cell: str) -> Decimal | None:
    text = cell.strip()
    if text.casefold() in _ABSENT:
        return None
    if not _DECIMAL_NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def _between(low: int, high: int, number: int | None) -> int | None:
    if number is not None and not low <= number <= high:
        raise ValueError(f"not from {low} to {high}")
    return number
