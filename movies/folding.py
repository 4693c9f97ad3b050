"""One spelling for comparing: what two people would call the same title or name has the same folded text."""

import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents; every run of other characters than letters and digits is one space.

    A text of punctuation alone (there is a film called "...") keeps its characters, so that it stays comparable.
    """
    folded = text.casefold()
    bare = unicodedata.normalize("NFKD", folded).translate(_PLAIN)
    return " ".join(bare.split()) or " ".join(folded.split())


# Letters that Unicode does not decompose, though keyboards without them write them so.
_LETTERS_WITHOUT_ACCENTS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
_LAST_OF_THE_COMMON = 0xFFFF  # of Unicode's basic plane, which has all letters of living languages
_APOSTROPHES = "'\u2019\u02bc`"  # "Ocean's" and "Oceans" are one word


class _Plain(dict[int, str]):
    """What each character becomes, found when it is first seen; rare ones each time, or they would fill memory."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if code <= _LAST_OF_THE_COMMON:
            self[code] = plain
        return plain


def _plain(character: str) -> str:
    if character in _LETTERS_WITHOUT_ACCENTS:
        return _LETTERS_WITHOUT_ACCENTS[character]
    if unicodedata.combining(character):
        return ""
    return character if character.isalnum() else "" if character in _APOSTROPHES else " "


_PLAIN = _Plain()
