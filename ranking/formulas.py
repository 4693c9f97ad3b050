"""The arithmetic of scores that change with time; the rest is SQL, in `standings.py` and functions of PostgreSQL."""

from datetime import UTC, datetime

# Likes weigh 2 ** (their age at this moment / half-life): any moment would do, it only must never change.
LANDMARK = datetime(2026, 1, 1, tzinfo=UTC)


def exponent(liked_at: datetime, half_life_hours: float) -> float:
    """The logarithm to base 2 of a like's weight, in half-lives since the landmark.

    Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, 2009): weights are fixed when a like comes, and
    grow with its time instead of fading with its age. All decayed sums of one moment then differ from these by the same
    factor, so their order is right at every moment and nothing is ever recomputed. As logarithms they never overflow.
    """
    return (liked_at - LANDMARK).total_seconds() / 3600 / half_life_hours


def decayed(trend: float, *, at: datetime, half_life_hours: float) -> float:
    """The score: every like counts 1 when it comes, and half as much with each half-life that has passed since."""
    return float(2.0 ** (trend - exponent(at, half_life_hours)))
