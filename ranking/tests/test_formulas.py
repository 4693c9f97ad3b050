import math
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from ranking import formulas, selectors, services
from ranking.models import Like, Parameters, Standing
from ranking.tests import arithmetic
from ranking.tests.tallies import Tally, tallies

NOW = datetime(2026, 11, 24, tzinfo=UTC)
AGES = st.lists(st.floats(0, 3000, allow_nan=False), min_size=1, max_size=30)  # hours
LIVES = st.floats(1, 500)


def by_definition(ages, half_life):
    return math.fsum(2.0 ** (-age / half_life) for age in ages)


def exponents(ages, half_life):
    return [formulas.exponent(NOW - timedelta(hours=age), half_life) for age in ages]


def summed(likes):
    trend = arithmetic.NO_LIKES
    for like in likes:
        trend = arithmetic.with_like(trend, like)
    return trend


@given(AGES, LIVES)
def test_it_matches_the_definition_of_the_score(ages, half_life):
    (score,) = formulas.decayed([summed(exponents(ages, half_life))], at=NOW, half_life_hours=half_life)
    assert score == pytest.approx(by_definition(ages, half_life), rel=1e-9, abs=1e-300)


@given(AGES, AGES, LIVES, st.floats(0, 10_000))
def test_it_keeps_the_order_of_the_definition_at_any_later_time(ages, others, half_life, later):
    mine, theirs = summed(exponents(ages, half_life)), summed(exponents(others, half_life))
    one, other = by_definition(ages, half_life), by_definition(others, half_life)
    if not math.isclose(one, other, rel_tol=1e-9):
        assert (mine > theirs) == (one > other)
    at = NOW + timedelta(hours=later)
    assert formulas.decayed([mine], at=at, half_life_hours=half_life) <= formulas.decayed(
        [mine], at=NOW, half_life_hours=half_life
    )


@given(AGES, LIVES, st.data())
def test_it_subtracts_a_like_or_asks_for_a_new_sum(ages, half_life, data):
    likes = exponents(ages, half_life)
    taken = data.draw(st.sampled_from(range(len(likes))))
    left = likes[:taken] + likes[taken + 1 :]
    trend = arithmetic.without_like(summed(likes), likes[taken])
    if trend is None:
        newest = min(ages)
        part = 2.0 ** ((newest - ages[taken]) / half_life) / by_definition([age - newest for age in ages], half_life)
        assert part > 0.5 - 1e-9
    else:
        assert trend == pytest.approx(summed(left), abs=1e-9)


def test_it_never_overflows_however_long_the_service_runs():
    like = formulas.exponent(datetime(2999, 1, 1, tzinfo=UTC), 0.1)
    trend = arithmetic.with_like(arithmetic.with_like(arithmetic.NO_LIKES, like), like)
    assert trend == pytest.approx(like + 1)


@limits(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-1e6, 1e6) | st.just(arithmetic.NO_LIKES), st.floats(-1e6, 1e6))
def test_it_adds_a_like_the_same_in_postgresql(db, trend, like):
    with connection.cursor() as cursor:
        cursor.execute("SELECT ranking_with_like(%s, %s)", [trend, like])
        (stored,) = cursor.fetchone()
    assert stored == pytest.approx(arithmetic.with_like(trend, like), abs=1e-12, rel=1e-15)


@limits(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trend=st.floats(-20_000, 20_000) | st.just(arithmetic.NO_LIKES), like=st.floats(-20_000, 20_000))
def test_it_subtracts_a_like_the_same_in_postgresql(db, trend, like):
    with connection.cursor() as cursor:
        cursor.execute("SELECT ranking_without_like(%s, %s)", [trend, like])
        (stored,) = cursor.fetchone()
    expected = arithmetic.without_like(trend, like)
    if stored is None or expected is None:
        assert stored == expected or abs(like - trend + 1) < 1e-9  # just half of the sum: either will do
    else:
        assert stored == pytest.approx(expected, abs=1e-12, rel=1e-15)


@limits(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=st.lists(st.floats(0, 100_000), max_size=8))
def test_it_sums_likes_the_same_in_postgresql(db, ages):
    movie = make_movie()
    people = User.objects.bulk_create(User(username=f"viewer {number}") for number in range(len(ages)))
    Like.objects.bulk_create(
        Like(movie=movie, user=person, created_at=NOW - timedelta(hours=age))
        for person, age in zip(people, ages, strict=True)
    )
    hours = [selectors.half_lives()[window] for window in selectors.WINDOWS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT ranking_trends(%s, %s, %s)", [movie.pk, formulas.LANDMARK, hours])
        (trends,) = cursor.fetchone()
    expected = tallies([movie.pk]).get(movie.pk, Tally()).trends
    assert trends == pytest.approx(list(expected), abs=1e-9)
    movie.delete()
    User.objects.all().delete()


def test_it_gives_no_score_without_likes():
    assert formulas.decayed([arithmetic.NO_LIKES], at=NOW, half_life_hours=72) == [0]
    assert arithmetic.without_like(1.0, 1.0) is None


@given(st.floats(0, 10), st.integers(0, 10**7), st.integers(0, 10**6), st.floats(0, 10))
def test_it_is_between_the_rating_and_the_mean_of_the_catalogue(rating, votes, minimum, mean):
    weighted = arithmetic.weighted_rating(rating=rating, votes=votes, minimum_votes=minimum, mean_rating=mean)
    assert min(rating, mean) - 1e-9 <= weighted <= max(rating, mean) + 1e-9


@limits(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rating=st.decimals(0, 10, places=1) | st.none(), votes=st.integers(0, 10**7) | st.none(),
    minimum=st.integers(0, 10**6), mean=st.floats(0, 10),
)  # fmt: skip
def test_it_weighs_ratings_the_same_in_postgresql(db, rating, votes, minimum, mean):
    movie = make_movie(imdb_rating=rating, imdb_votes=votes)
    Parameters.objects.update_or_create(pk=1, defaults={"minimum_votes": minimum, "mean_rating": mean})
    services.recompute([movie.pk])
    expected = arithmetic.weighted_rating(
        rating=None if rating is None else float(rating), votes=votes, minimum_votes=minimum, mean_rating=mean
    )
    assert set(Standing.objects.filter(movie=movie).values_list("weighted_rating", flat=True)) == {expected}
    movie.delete()


@pytest.mark.parametrize(
    ("rating", "votes", "expected"), [(9.0, 300, 8.5), (9.0, 0, 7.0), (None, 300, 7.0), (9.0, None, 7.0)]
)
def test_it_follows_the_published_formula(rating, votes, expected):
    assert arithmetic.weighted_rating(rating=rating, votes=votes, minimum_votes=100, mean_rating=7.0) == expected
