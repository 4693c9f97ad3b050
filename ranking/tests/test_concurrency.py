"""Many people like and unlike at the same time."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from rest_framework.test import APIClient

from movies import services as movie_services
from movies.history import Author
from movies.models import Change, LikeCount, Movie
from movies.tests.factories import make_movie
from netflix.accounts import services as accounts
from netflix.accounts.models import User
from netflix.api.errors import UserErased
from netflix.events import account_erasure_started
from netflix.tests.meanwhile import SECONDS, at_once, deadlocks, eventually, somebody_waits
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
        eventually(lambda: not LikeCount.objects.get(movie=first).likes)
        assert services.like(user_id=other.pk, movie_id=first.pk) == 1
        assert not erasing.done()
        somebody.rollback()
        erasing.result(SECONDS)
    assert list(Like.objects.values_list("user", "movie")) == [(other.pk, first.pk)]
    assert_exact(first, second)


@pytest.fixture
def erase_from_the_admin(client, admin):
    client.force_login(admin)

    def erase(user_id):
        answer = client.post(f"/admin/accounts/user/{user_id}/delete/", {"post": "yes"}, follow=True)
        assert "was deleted successfully" in answer.content.decode()

    return erase


def test_it_erases_an_editor_from_the_admin_who_is_removing_a_movie_that_they_like(erase_from_the_admin):
    movie, editor, before = make_movie(), User.objects.create_user("editor"), deadlocks()
    services.like(user_id=editor.pk, movie_id=movie.pk)

    def erase():
        try:
            erase_from_the_admin(editor.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Movie.objects.select_for_update().get(pk=movie.pk)  # as `remove_movie` does first
            erasure = pool.submit(erase)
            eventually(lambda: erasure.done() or somebody_waits())
            movie_services.remove_movie(movie_id=movie.pk, by=Author(editor.pk, Change.Way.API))
        erasure.result(SECONDS)
    assert deadlocks() == before
    assert not User.objects.filter(pk=editor.pk).exists()
    assert not Movie.objects.exists()
    assert services.rebuild().drift == 0


def test_it_erases_an_editor_who_likes_the_movie_that_they_are_removing():
    """Their like arrives after `remove_likes`, and the removal has locked the film, but not yet its editor."""
    movie, editor, before = make_movie(), User.objects.create_user("editor"), deadlocks()
    liked, movie_is_locked = Event(), Event()

    def like_late(user_id, **_):
        services.like(user_id=user_id, movie_id=movie.pk)
        liked.set()
        assert movie_is_locked.wait(SECONDS)

    def erase():
        try:
            accounts.erase(user_id=editor.pk)
        finally:
            connection.close()

    account_erasure_started.connect(like_late)
    try:
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            erasure = pool.submit(erase)
            assert liked.wait(SECONDS)
            Movie.objects.select_for_update().get(pk=movie.pk)  # as `remove_movie` does first
            movie_is_locked.set()
            eventually(lambda: erasure.done() or somebody_waits())
            with pytest.raises(UserErased):
                movie_services.remove_movie(movie_id=movie.pk, by=Author(editor.pk, Change.Way.API))
            erasure.result(SECONDS)
    finally:
        account_erasure_started.disconnect(like_late)
    assert deadlocks() == before
    assert not User.objects.filter(pk=editor.pk).exists()
    assert not Like.objects.exists()
    assert_exact(movie)
