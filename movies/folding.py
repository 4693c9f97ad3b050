"""One spelling for comparing: what two people would call the same title or name has the same folded text."""

import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents; every run of other characters than letters and digits is one space.

    A text of punctuation alone (there is a film called "...") keeps its characters, so that it stays comparable.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(_plain(character) for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.split()) or " ".join(text.casefold().split())


def _plain(character: str) -> str:
    if character in _LETTERS_WITHOUT_ACCENTS:
        return _LETTERS_WITHOUT_ACCENTS[character]
    return character if character.isalnum() else "" if character in _APOSTROPHES else " "


# Letters that Unicode does not decompose, though keyboards without them write them so.
_LETTERS_WITHOUT_ACCENTS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
_APOSTROPHES = "'\u2019\u02bc`"  # "Ocean's" and "Oceans" are one word
