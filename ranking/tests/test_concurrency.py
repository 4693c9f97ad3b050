"""Many people like and unlike at the same time."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from rest_framework.test import APIClient

from movies import services as movie_services
from movies.models import LikeCount
from movies.tests.factories import make_movie
from netflix.accounts import services as accounts
from netflix.accounts.models import User
from netflix.tests.meanwhile import at_once
from netflix.tests.servers import url_of_the_test_database
from ranking import services
from ranking.models import Like, Standing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def client_of(user):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


def people(count):
    return User.objects.bulk_create(User(username=f"viewer {n}") for n in range(count))


def assert_exact(*movies):
    for movie in movies:
        likes = Like.objects.filter(movie=movie).count()
        assert LikeCount.objects.get(movie=movie).likes == likes
        assert set(Standing.objects.filter(movie=movie).values_list("likes", flat=True)) == {likes}
    assert services.rebuild().drift == 0
    assert services.rebuild().drift == 0


def test_it_stores_one_like_per_person_for_concurrent_repeated_requests():
    movie, viewers = make_movie(genres=("Drama", "Crime")), people(50)

    def like(viewer):
        client = client_of(viewer)
        return lambda: {client.put(f"/api/v1/movies/{movie.pk}/like/").status_code for _ in range(4)}

    for start in (0, 25):
        answers = at_once([like(viewer) for viewer in viewers[start : start + 25] for _ in range(2)])
        assert answers == [{200}] * 50
    assert Like.objects.count() == 50
    assert LikeCount.objects.get().likes == 50
    assert_exact(movie)


def test_it_loses_nothing_when_many_like_and_unlike_one_movie():
    movie, viewers = make_movie(genres=("Drama", "Crime", "War")), people(16)

    def like_and_unlike(viewer):
        def run():
            for _ in range(50):
                services.like(user_id=viewer.pk, movie_id=movie.pk)
                services.unlike(user_id=viewer.pk, movie_id=movie.pk)
            if viewer.pk % 2:
                services.like(user_id=viewer.pk, movie_id=movie.pk)

        return run

    at_once([like_and_unlike(viewer) for viewer in viewers])
    assert Like.objects.count() == 8
    assert_exact(movie)


def until(end, step):
    """A function that repeats a step until `end`, and passes it a random generator."""

    def run():
        chance = random.Random(id(step))
        while time.monotonic() < end:
            step(chance)

    return run


def test_it_never_deadlocks_with_edits_and_erased_accounts():
    movies, viewers = [make_movie(genres=("Drama",)) for _ in range(3)], people(12)
    crime, drama = make_movie(genres=("Crime",)).genres.get(), movies[0].genres.get()

    def like_or_not(chance):
        change = chance.choice([services.like, services.unlike])
        change(user_id=chance.choice(viewers[:8]).pk, movie_id=chance.choice(movies).pk)

    def curate(chance):
        genres = chance.choice([[drama], [crime], [drama, crime]])
        movie_services.change_movie(movie_id=chance.choice(movies).pk, genres=genres)

    def recompute(chance):
        services.recompute(chance.sample([movie.pk for movie in movies], 3))

    def leave():
        for viewer in viewers[8:]:
            services.like(user_id=viewer.pk, movie_id=movies[0].pk)
            services.like(user_id=viewer.pk, movie_id=movies[2].pk)
            time.sleep(0.2)
            accounts.erase(user_id=viewer.pk)

    end = time.monotonic() + 4
    at_once([*[until(end, like_or_not)] * 8, until(end, curate), until(end, recompute), leave])
    assert User.objects.count() == 8
    assert_exact(*movies)


def test_it_counts_no_like_of_a_person_who_is_erased():
    movie, viewers = make_movie(), people(8)

    def like(viewer):
        def run():
            for _ in range(20):
                try:
                    services.like(user_id=viewer.pk, movie_id=movie.pk)
                    services.unlike(user_id=viewer.pk, movie_id=movie.pk)
                except ObjectDoesNotExist:
                    return True
            return False

        return run

    leave = [lambda viewer=viewer: accounts.erase(user_id=viewer.pk) for viewer in viewers]
    at_once([*map(like, viewers), *leave])
    assert not User.objects.exists()
    assert LikeCount.objects.get(movie=movie).likes == 0
    assert_exact(movie)


def test_it_erases_a_person_without_blocking_likes_of_their_movies():
    first, second = make_movie(), make_movie()
    leaving, other = people(2)
    for movie in (first, second):
        services.like(user_id=leaving.pk, movie_id=movie.pk)

    def leave():
        try:
            accounts.erase(user_id=leaving.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, psycopg.connect(url_of_the_test_database()) as somebody:
        somebody.execute("SELECT FROM movies_likecount WHERE movie_id = %s FOR UPDATE", [second.pk])
        erasing = pool.submit(leave)
        deadline = time.monotonic() + 20
        while LikeCount.objects.get(movie=first).likes and time.monotonic() < deadline:
            time.sleep(0.05)
        assert services.like(user_id=other.pk, movie_id=first.pk) == 1
        assert not erasing.done()
        somebody.rollback()
        erasing.result(20)
    assert list(Like.objects.values_list("user", "movie")) == [(other.pk, first.pk)]
    assert_exact(first, second)
