"""Public numbers: short, unguessable, and readable aloud over a telephone.

As in Crockford's Base32 (https://www.crockford.com/base32.html) nothing looks like something else and no word comes
about, and here the digits 0 and 1 are missing too: 30 symbols, nine of them are 44 random bits.
"""

import secrets

LENGTH = 11  # with its two dashes

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """For example `7KQ-M2X-9RP`."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(9)))


def as_written(number: str) -> str:
    """The number meant by what somebody typed: small letters, spaces and missing dashes are all right."""
    return _grouped("".join(number.upper().replace("-", "").split()))


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + 3] for start in range(0, len(symbols), 3))
