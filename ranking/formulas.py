"""The arithmetic of the rankings, free of any database."""

import math
from datetime import UTC, datetime

# Likes weigh 2 ** (their age at this moment / half-life): any moment would do, it only must never change.
LANDMARK = datetime(2026, 1, 1, tzinfo=UTC)
NO_LIKES = -math.inf  # the logarithm of an empty sum


def weighted_rating(*, rating: float | None, votes: int | None, minimum_votes: int, mean_rating: float) -> float:
    """The Bayesian estimate IMDb published for its Top 250: WR = v/(v+m)·R + m/(v+m)·C.

    `rating` R is the mean of `votes` v votes; `minimum_votes` m is how many votes the prior counts for, and
    `mean_rating` C is the prior. A film without a rating, or without votes, has WR = C.
    """
    if rating is None or not votes:
        return float(mean_rating)
    return (votes * rating + minimum_votes * mean_rating) / (votes + minimum_votes)


def exponent(liked_at: datetime, half_life_hours: float) -> float:
    """The logarithm to base 2 of a like's weight, in half-lives since the landmark.

    Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, 2009): weights are fixed when a like comes, and
    grow with its time instead of fading with its age. All decayed sums of one moment then differ from these by the same
    factor, so their order is right at every moment and nothing is ever recomputed. As logarithms they never overflow.
    """
    return (liked_at - LANDMARK).total_seconds() / 3600 / half_life_hours


def total(newest: float, relative: float) -> float:
    """The logarithm of a sum of weights, given that of the newest like and the sum as a multiple of it."""
    return newest + math.log2(relative)


def with_like(trend: float, like: float) -> float:
    """The logarithm of a sum of weights after one more; both given and returned to base 2.

    `ranking_with_like` is the same within PostgreSQL, where likes are counted; a test holds them beside each other.
    """
    low, high = sorted((trend, like))
    if low == NO_LIKES:
        return high
    return high + math.log1p(2.0 ** (low - high)) / math.log(2)


def without_like(trend: float, like: float) -> float | None:
    """The logarithm of a sum of weights after one is taken away.

    None if that weight was more than half of the sum: the difference would have lost digits, and the sum must be made
    anew from the likes. So an error never grows beyond the rounding of single steps. `ranking_without_like` is the same
    within PostgreSQL; a test holds them beside each other.
    """
    part = 2.0 ** (like - trend) if like <= trend else 1.0
    if part > 0.5:
        return None
    return trend + math.log1p(-part) / math.log(2)


def decayed(trend: float, *, at: datetime, half_life_hours: float) -> float:
    """The score: every like counts 1 when it comes, and half as much with each half-life that has passed since."""
    return float(2.0 ** (trend - exponent(at, half_life_hours)))
