"""The arithmetic of SQL functions in Python; tests compare both."""

import math

NO_LIKES = -math.inf  # the logarithm of an empty sum


def weighted_rating(*, rating: float | None, votes: int | None, minimum_votes: int, mean_rating: float) -> float:
    """The Bayesian estimate IMDb published for its Top 250: WR = v/(v+m)·R + m/(v+m)·C.

    `rating` R is the mean of `votes` v votes; `minimum_votes` m is how many votes the prior counts for, and
    `mean_rating` C is the prior. A film without a rating, or without votes, has WR = C.
    """
    if rating is None or not votes:
        return float(mean_rating)
    return (votes * rating + minimum_votes * mean_rating) / (votes + minimum_votes)


def total(newest: float, relative: float) -> float:
    """The logarithm of a sum of weights, given that of the newest like and the sum as a multiple of it."""
    return newest + math.log2(relative)


def with_like(trend: float, like: float) -> float:
    """The logarithm of a sum of weights after one more; both given and returned to base 2."""
    low, high = sorted((trend, like))
    if low == NO_LIKES:
        return high
    return high + math.log1p(2.0 ** (low - high)) / math.log(2)


def without_like(trend: float, like: float) -> float | None:
    """The logarithm of a sum of weights after one is removed.

    None if that weight was more than half of the sum: the difference would lose digits, so the likes have to be summed
    up again. This keeps the error as small as the rounding of single steps.
    """
    part = 2.0 ** (like - trend) if like <= trend else 1.0
    if part > 0.5:
        return None
    return trend + math.log1p(-part) / math.log(2)
