"""The arithmetic of scores that change with time; the rest is SQL, in `standings.py` and functions of PostgreSQL."""

from collections.abc import Iterable
from datetime import UTC, datetime

# A like weighs 2 ** ((its time - LANDMARK) / half-life). Arbitrary, but stored sums depend on it: never change it.
LANDMARK = datetime(2026, 1, 1, tzinfo=UTC)


def exponent(liked_at: datetime, half_life_hours: float) -> float:
    """The base-2 logarithm of a like's weight: half-lives since the landmark.

    Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, 2009): newer likes weigh more, instead of older
    ones fading. At any moment all decayed sums are these sums divided by one factor, so the stored order stays right
    without recomputing. Logarithms cannot overflow.
    """
    return (liked_at - LANDMARK).total_seconds() / 3600 / half_life_hours


def decayed(trends: Iterable[float], *, at: datetime, half_life_hours: float) -> list[float]:
    """The scores at a moment: a like counts 1 when it is new, and half as much after each half-life."""
    passed = exponent(at, half_life_hours)
    return [2.0 ** (trend - passed) for trend in trends]
