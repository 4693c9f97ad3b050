"""Parsers for single cells. Each returns the value or raises ValueError with the reason; a missing number is None."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from movies import limits

ABSENT = {"", "-", "n/a", "na", "nan", "none", "null", "not specified", "not rated", "\\n"}
_NO_DESCRIPTION = {*ABSENT, "no overview", "no overview found.", "no overview yet."}  # the last three are TMDB's
_MIN_DESCRIPTION_LENGTH = 1 + max(map(len, _NO_DESCRIPTION))  # anything at least this long is a real description
_WHOLE_NUMBER = re.compile(r"([0-9]{1,15})(\.0+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTES = re.compile(r"\s*min(utes|s)?\.?$", re.IGNORECASE)
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.0+)?")
_DECIMAL_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_DECIMAL_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,9})?")
_RUNS_ON = re.compile(r"\n.*[,;\t|]")  # an unclosed quote has swallowed part of the next row
_CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_WORDS_OF_A_NAME = 5
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a formula begins with in spreadsheets
# Maximum characters of a whole cell.
_NUMBER_LENGTH = 100
_NAMES_LENGTH = 5000
_LANGUAGE, _URL = re.compile(limits.LANGUAGE), re.compile(limits.URL)
_COUNTRIES = {
    "us": "United States",
    "usa": "United States",
    "u.s.a.": "United States",
    "united states of america": "United States",
    "uk": "United Kingdom",
    "great britain": "United Kingdom",
    "russian federation": "Russia",
    "ussr": "Soviet Union",
    "czechia": "Czech Republic",
    "republic of korea": "South Korea",
    "hong kong sar china": "Hong Kong",
    "libyan arab jamahiriya": "Libya",
}
_IMDB_GENRES = frozenset({
    "action", "adult", "adventure", "animation", "biography", "comedy", "crime", "documentary",
    "drama", "family", "fantasy", "film-noir", "game-show", "history", "horror", "music",
    "musical", "mystery", "news", "reality-tv", "romance", "sci-fi", "short", "sport",
    "talk-show", "thriller", "war", "western",
})  # fmt: skip


def shortened(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def without_formula(text: str) -> str:
    """A text for a CSV file: an apostrophe, which spreadsheets hide, keeps them from executing it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def text(cell: str) -> str:
    """Normalize to NFC and collapse whitespace. Raises ValueError for control or undecodable characters."""
    words = cell.strip()
    if words.isascii() and words.isprintable() and "  " not in words:  # fast path for nearly all cells
        return words
    words = " ".join(words.split())
    if not words.isascii():
        words = unicodedata.normalize("NFC", words)
        if "\ufffd" in words:
            raise ValueError("it contains bytes that are invalid in the file's encoding")
    if _CONTROL_CHARACTER.search(words):
        raise ValueError("it contains a control character")
    return words


def title(cell: str) -> str:
    if _RUNS_ON.search(cell):
        raise ValueError("it contains a line break: there may be a quote that is never closed")
    words = text(cell)
    if not words:
        raise ValueError("a film needs a title")
    return _no_longer_than(limits.TITLE_LENGTH, words)


def description(cell: str) -> str:
    words = text(cell)
    if len(words) < _MIN_DESCRIPTION_LENGTH and words.casefold() in _NO_DESCRIPTION:
        return ""
    return _no_longer_than(limits.DESCRIPTION_LENGTH, words)


def certificate(cell: str) -> str:
    words = text(cell)
    return "" if words.casefold() in ABSENT else _no_longer_than(limits.CERTIFICATE_LENGTH, words)


def language(cell: str) -> str:
    """Parse an ISO 639 code; xx is TMDB's for films without words."""
    code = cell.strip().casefold()
    if code in ABSENT or code == "xx":
        return ""
    if not _LANGUAGE.fullmatch(code):
        raise ValueError("not a code of a language, such as en")
    return code


def url(cell: str) -> str:
    words = cell.strip()
    if words.casefold() in ABSENT:
        return ""
    if not _URL.fullmatch(words):
        raise ValueError("not a URL that begins with https://")
    return _no_longer_than(limits.URL_LENGTH, words)


def countries(cell: str) -> tuple[str, ...]:
    return usual_countries(names(cell))


def usual_countries(names: Iterable[str]) -> tuple[str, ...]:
    """Give each country one name, where data sets differ."""
    return each_once(_COUNTRIES.get(name.casefold(), name) for name in names)


def names(cell: str, separator: str = ",") -> tuple[str, ...]:
    """Split a cell into unique names, in order."""
    words = text(_no_longer_than(_NAMES_LENGTH, cell))
    if words.casefold() in ABSENT:
        return ()
    unique = each_once(map(str.strip, words.split(separator)))
    if len(words) > limits.NAME_LENGTH:
        _no_longer_than(limits.NAME_LENGTH, max(unique, key=len, default=""))
    return unique


def at_most(length: int) -> Callable[[str], str]:
    """A parser of texts of at most this length."""
    return lambda cell: _no_longer_than(length, text(cell))


name = at_most(limits.NAME_LENGTH)


def each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))


def year(cell: str) -> int:
    number = _between(limits.FIRST_YEAR, limits.LAST_YEAR, whole_number(cell))
    if number is None:
        raise ValueError("a film needs a year")
    return number


def day(cell: str) -> date | None:
    """Parse a date such as 2009-12-10."""
    word = cell.strip()
    if word.casefold() in ABSENT:
        return None
    try:
        parsed = date.fromisoformat(word) if _DAY.fullmatch(word) else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError("not a date such as 2009-12-10")
    if not limits.FIRST_DAY <= parsed <= limits.LAST_DAY:
        raise ValueError(f"not from {limits.FIRST_YEAR} to {limits.LAST_YEAR}")
    return parsed


def runtime_minutes(cell: str) -> int | None:
    number = _MINUTES.sub("", _no_longer_than(_NUMBER_LENGTH, cell).strip())
    return _between(1, limits.MAX_RUNTIME_MINUTES, whole_number(number))


def rating(cell: str) -> Decimal | None:
    number = decimal(cell)
    if number is None:
        return None
    if number > limits.MAX_RATING or number != round(number, 1):
        raise ValueError(f"not a rating from 0 to {limits.MAX_RATING} with one decimal")
    return round(number, 1)


def known_runtime_minutes(cell: str) -> int | None:
    """Like `runtime_minutes`, but zero means unknown."""
    return runtime_minutes(cell) if whole_number(cell) else None


def votes(cell: str) -> int | None:
    return _between(0, limits.MAX_VOTES, whole_number(cell))


def revenue_in_millions(cell: str) -> int | None:
    """Convert millions of dollars, which may have decimals, to whole dollars."""
    number = decimal(cell)
    return None if number is None else revenue(int(number * 1_000_000))


def revenue_usd(cell: str) -> int | None:
    return revenue(whole_number(cell.strip().removeprefix("$")))


def revenue(dollars: int | None) -> int | None:
    return _between(0, limits.MAX_REVENUE_USD, dollars)


def metascore(cell: str) -> int | None:
    return _between(0, limits.MAX_METASCORE, whole_number(cell))


def look_like_genres(names: Iterable[str]) -> bool:
    """Return whether there is at least one name and all are IMDb genres; prose does not qualify."""
    genres = [name.casefold() for name in names]
    return bool(genres) and _IMDB_GENRES.issuperset(genres)


def look_like_people(names: Iterable[str]) -> bool:
    """Return whether all look like names of people: a few words, capitalized, not ending like a sentence."""
    return all(
        len(name.split()) <= _MAX_WORDS_OF_A_NAME
        and name[-1] not in "!?»"
        and (name[-1] != "." or name.endswith(("Jr.", "Sr.")) or len(name.split()[-1]) <= 3)
        and not name[0].islower()
        for name in names
    )


def whole_number(cell: str) -> int | None:
    """Parse 76, 76.0 or 1,234. Raises ValueError."""
    number = _no_longer_than(_NUMBER_LENGTH, cell).strip()
    if number.casefold() in ABSENT:
        return None
    if _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    whole = _WHOLE_NUMBER.fullmatch(number)
    if whole is None:
        raise ValueError("not a whole number")
    return int(whole[1])


def decimal(cell: str) -> Decimal | None:
    """Parse 7, 7.5 or 1,234.5. Raises ValueError."""
    number = _no_longer_than(_NUMBER_LENGTH, cell).strip()
    if number.casefold() in ABSENT:
        return None
    if _DECIMAL_THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    if not _DECIMAL_NUMBER.fullmatch(number):
        raise ValueError("not a number")
    return Decimal(number)


def _no_longer_than(length: int, words: str) -> str:
    if len(words) > length:
        raise ValueError(f"longer than {length} characters")
    return words


def _between(low: int, high: int, number: int | None) -> int | None:
    if number is not None and not low <= number <= high:
        raise ValueError(f"not from {low} to {high}")
    return number
