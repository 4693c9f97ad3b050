"""Folding: different spellings of the same title or name become the same text, to compare them."""

import re
import unicodedata
from collections.abc import Callable


def fold(text: str) -> str:
    """Lower case, without accents; every run of characters other than letters and digits becomes one space.

    A text of punctuation alone (there is a film called "...") keeps its characters, so that it stays comparable.
    """
    folded = text.casefold()
    return " ".join(_decomposed(folded).translate(_PLAIN).split()) or " ".join(folded.split())


def accented(text: str) -> frozenset[str]:
    """The words of a text that lose accents by folding, in lower case with their accents."""
    if text.isascii():
        return frozenset()
    written = unicodedata.normalize("NFC", _decomposed(text.casefold()).translate(_WRITTEN))
    return frozenset(written.split()).difference(unicodedata.normalize("NFC", fold(text)).split())


def _decomposed(folded: str) -> str:
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFKD", _NUMBERS.sub(r" \g<0> ", folded.replace("™", " ").replace("℠", " ")))


# Superscripts, fractions, Roman and circled numerals are words of their own: "Alien³" is "alien 3", and "8½" is "8 1 2"
# as "8 1/2" is. Subscripts belong to their word, as in "H₂O".
_NUMBERS = re.compile(r"[²³¹⁰⁴-⁹]+|[¼-¾⅐-⅟↉]|[\u2160-\u217f]+|[①-⓿❶-➓]+")
# Letters that Unicode does not decompose, and how keyboards without them write them.
_LETTERS_WITHOUT_ACCENTS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
# Arabic letters that keyboards or habits exchange: yeh without its dots or of Persian, Persian kaf; and tatweel, which
# only makes a word longer.
_LETTERS_OF_ARABIC = {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0640": ""}
_EXCHANGED = _LETTERS_WITHOUT_ACCENTS | _LETTERS_OF_ARABIC
# Marks without which people write the same word: accents, points of Hebrew and Arabic, signs of how an emoji looks. All
# other marks, such as the vowels of Hindi and Thai, tell words apart.
_OPTIONAL = (
    range(0x0300, 0x0370), range(0x0483, 0x048A), range(0x0591, 0x05C8), range(0x0610, 0x061B), range(0x064B, 0x0660),
    range(0x0670, 0x0671), range(0x06D6, 0x06EE), range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00), range(0x20D0, 0x2100),
    range(0xFE00, 0xFE10), range(0xFE20, 0xFE30), range(0xE0100, 0xE01F0),
)  # fmt: skip
_SIGNS = {0x0640, *range(0x20D0, 0x2100), *range(0xFE00, 0xFE10)}  # never part of a word
_LAST_CACHED = 0xFFFF  # of the Basic Multilingual Plane, which has nearly all letters in use
_APOSTROPHES = "'\u2019\u02bc`"  # "Ocean's" and "Oceans" are one word


class _Table(dict[int, str]):
    """A table for `str.translate` that is filled on demand, except with rare characters, which would fill memory."""

    def __init__(self, replace: Callable[[str], str]) -> None:
        self.replace = replace

    def __missing__(self, code: int) -> str:
        replacement = self.replace(chr(code))
        if code <= _LAST_CACHED:
            self[code] = replacement
        return replacement


def _plain(character: str) -> str:
    if character in _EXCHANGED:
        return _EXCHANGED[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return "" if any(ord(character) in marks for marks in _OPTIONAL) else _written(character)


def _written(character: str) -> str:
    if ord(character) in _SIGNS:
        return ""
    if character.isalnum() or unicodedata.category(character).startswith("M"):
        return character
    return "" if character in _APOSTROPHES else " "


_PLAIN, _WRITTEN = _Table(_plain), _Table(_written)
