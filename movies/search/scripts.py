"""Scripts without spaces between words, such as Chinese and Thai, whose character bigrams count as words."""

import re
import unicodedata
from itertools import pairwise

# Thai and Lao; Burmese; Khmer; Hiragana and Katakana; Chinese characters; Korean syllables, as words get endings there.
_RANGES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
_RANGES += "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_RANGES}]+|[^{_RANGES}]+")
_WITHOUT_SPACES = re.compile(f"[{_RANGES}]")


def words_or_bigrams(word: str) -> list[str]:
    """A folded word itself, or, in these scripts, its character bigrams."""
    if word.isascii():
        return [word]
    composed = unicodedata.normalize("NFC", word)
    if not _WITHOUT_SPACES.search(composed):
        return [word]
    return [part for run in _RUN.findall(composed) for part in _bigrams(run)]


def may_continue(key: str) -> bool:
    """Whether characters after this folded text may belong to its last word."""
    return bool(_WITHOUT_SPACES.match(unicodedata.normalize("NFC", key)[-1:]))


def _bigrams(run: str) -> list[str]:
    if not _WITHOUT_SPACES.match(run):
        return [run]
    characters = _characters(run)
    return list(map("".join, pairwise(characters))) if len(characters) > 1 else [run]


def _characters(run: str) -> list[str]:
    """The characters, each with its combining marks, such as the vowels of Thai."""
    characters: list[str] = []
    for character in run:
        if characters and unicodedata.category(character).startswith("M"):
            characters[-1] += character
        else:
            characters.append(character)
    return characters
