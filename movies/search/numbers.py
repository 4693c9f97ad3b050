"""Numbers are the same word in digits, in Roman numerals (to 20) and in words (to 100)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = {
    name: 10 * ten
    for ten, name in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]
_ROMAN += [f"x{numeral}" for numeral in _ROMAN[:9]] + ["xx"]
_MAX_NUMBER = 100

# Roman numerals of one letter count as numbers only after another word: "I" and "X" would match too much.
LETTERS = {numeral: str(number) for number, numeral in enumerate(_ROMAN, start=1) if len(numeral) == 1}
_LETTER_OF = {number: letter for letter, number in LETTERS.items()}
DIGITS = (
    {name: str(number) for number, name in enumerate(_ONES + _TEENS)}
    | {name: str(number) for name, number in _TENS.items()}
    | {numeral: str(number) for number, numeral in enumerate(_ROMAN, start=1) if len(numeral) > 1}
    | {"hundred": str(_MAX_NUMBER)}
)
_COMPOUNDS = {
    (tens, one): str(number + digit) for tens, number in _TENS.items() for digit, one in enumerate(_ONES) if digit
} | {("one", "hundred"): str(_MAX_NUMBER)}


_WITHOUT_DIGITS = frozenset([*DIGITS, *LETTERS])
_IN_DIGITS = frozenset(map(str, range(_MAX_NUMBER + 1)))


def is_number(word: str) -> bool:
    """Whether a word is a number with other forms; single letters and years are not."""
    return word in DIGITS or word in _IN_DIGITS


def any_convertible(words: Iterable[str]) -> bool:
    """Whether any of the words can be written in digits instead."""
    return not _WITHOUT_DIGITS.isdisjoint(words)


def compounds(words: Sequence[str]) -> Iterator[str]:
    """The numbers in `words` that consist of two words, in digits: "twenty one" is "21"."""
    if not _TENS.keys().isdisjoint(words):
        yield from (_COMPOUNDS[pair] for pair in pairwise(words) if pair in _COMPOUNDS)


def in_digits(words: Sequence[str]) -> list[str]:
    """The words with all numbers in digits, also those of two words; single letters stay letters."""
    converted: list[str] = []
    former = ""
    for word in words:
        if number := _COMPOUNDS.get((former, word)):
            converted[-1], former = number, ""
        else:
            converted.append(DIGITS.get(word, word))
            former = word
    return converted


def other_form(word: str) -> str | None:
    """The number of a single-letter Roman numeral, or the letter of such a number; None for other words."""
    return LETTERS.get(word) or _LETTER_OF.get(word)


def in_digits_with_letters(words: Sequence[str], letters_from: int) -> list[str]:
    """Like `in_digits`, with single letters as numbers from a position on."""
    converted = in_digits(words)
    return [*converted[:letters_from], *(LETTERS.get(word, word) for word in converted[letters_from:])]
