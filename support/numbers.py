"""Public numbers: short, unguessable, and readable aloud over a telephone.

The alphabet is Crockford's Base32 (https://www.crockford.com/base32.html), which avoids look-alikes and accidental
words, without 0 and 1: of 30 symbols, nine have 44 random bits.
"""

import secrets

LENGTH = 11  # with its two dashes
KEY_LENGTH = 22

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """For example `7KQ-M2X-9RP`."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(9)))


def new_key() -> str:
    """Part of an address; nobody reads it aloud."""
    return secrets.token_urlsafe(16)


def normalise_number(number: str) -> str:
    """Normalise a typed number, which may have lower case letters and spaces, and lack the dashes."""
    return _grouped("".join(number.upper().replace("-", "").split()))


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + 3] for start in range(0, len(symbols), 3))
