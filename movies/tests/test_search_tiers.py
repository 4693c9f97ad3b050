import pytest
from django.db import connection

from movies import search, services
from movies.models import Movie, SearchDocument, SearchTier
from movies.search import tiers
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_tiers(monkeypatch):
    monkeypatch.setattr(tiers, "SIZES", (1, 2, 4))
    monkeypatch.setattr(tiers, "MIN_CATALOGUE_FACTOR", 2)
    monkeypatch.setattr(tiers, "BATCH_SIZE", 3)


def stored():
    """By votes, the stored tier, and the tiers with which the lexemes begin."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT votes, tier, tsvector_to_array(document) FROM movies_searchdocument ORDER BY votes DESC")
        return [(votes, tier, {int(lexeme[0]) for lexeme in lexemes}) for votes, tier, lexemes in cursor.fetchall()]


def places():
    assert all(found == {tier} for _, tier, found in stored())
    return [(votes, tier) for votes, tier, _ in stored()]


def test_it_puts_the_most_popular_movies_into_the_first_tiers(small_tiers):
    for votes in (5, 10, 15, 20, 25, 30, 35, 40):
        make_movie(f"Storm {votes}", imdb_votes=votes)
    assert [tier for _, tier in places()] == [3] * 8
    search.rebalance_tiers()
    assert places() == [(40, 0), (35, 1), (30, 2), (25, 2), (20, 3), (15, 3), (10, 3), (5, 3)]


def test_it_has_one_tier_for_a_small_catalogue():
    make_movie("Storm", imdb_votes=5)
    search.rebalance_tiers()
    assert not SearchTier.objects.exists()
    assert places() == [(5, 3)]


def test_it_finds_the_tier_of_a_movie_that_is_new_or_changes(small_tiers):
    movies = [make_movie(f"Storm {votes}", imdb_votes=votes) for votes in (5, 10, 15, 20, 25, 30, 35, 40)]
    search.rebalance_tiers()
    make_movie("Wind", imdb_votes=50)
    services.change_movie(movie_id=movies[0].pk, imdb_votes=45)
    services.change_movie(movie_id=movies[7].pk, imdb_votes=None)
    assert places() == [(50, 0), (45, 0), (35, 1), (30, 2), (25, 2), (20, 3), (15, 3), (10, 3), (-1, 3)]


def test_it_leaves_tiers_that_are_about_right(small_tiers):
    for votes in (5, 10, 15, 20, 25, 30, 35, 40):
        make_movie(f"Storm {votes}", imdb_votes=votes)
    search.rebalance_tiers()
    ends = list(SearchTier.objects.order_by("tier").values_list("votes", flat=True))
    make_movie("Wind", imdb_votes=50)
    search.rebalance_tiers()
    assert list(SearchTier.objects.order_by("tier").values_list("votes", flat=True)) == ends == [40, 35, 25]
    make_movie("Rain", imdb_votes=60)
    search.rebalance_tiers()
    assert list(SearchTier.objects.order_by("tier").values_list("votes", flat=True)) == [60, 50, 35]
    assert places()[:4] == [(60, 0), (50, 1), (40, 2), (35, 2)]


def test_it_goes_back_to_one_tier_when_the_movies_have_gone(small_tiers):
    for votes in range(8):
        make_movie(f"Storm {votes}", imdb_votes=votes)
    search.rebalance_tiers()
    Movie.objects.exclude(imdb_votes=7).delete()
    search.rebalance_tiers()
    assert not SearchTier.objects.exists()
    assert places() == [(7, 3)]


def test_it_moves_who_was_left_behind_by_an_interruption(small_tiers):
    for votes in range(8):
        make_movie(f"Storm {votes}", imdb_votes=votes)
    search.rebalance_tiers()
    expected = places()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE movies_searchdocument SET tier = 3, document = array_to_tsvector(ARRAY(
                SELECT 3 || substr(lexeme, 2) FROM unnest(tsvector_to_array(document)) AS lexeme))
            """
        )
    assert SearchDocument.objects.filter(tier=3).count() == 8
    search.rebalance_tiers()
    assert places() == expected
