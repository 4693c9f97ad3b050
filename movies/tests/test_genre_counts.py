from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from movies import genre_counts, selectors, tasks
from movies.models import Genre, GenreCount, Movie, MovieGenre
from movies.tests.factories import make_movie
from netflix.tests.meanwhile import at_once

_numbers = count()
NAMES = ["Drama", "Crime", "Comedy"]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "move", "recount", "regenre"]), st.integers(0, 7)), max_size=12
)


def counted():
    return {genre.name: genre.movies for genre in selectors.with_movie_counts(Genre.objects.all())}


def by_definition():
    return {genre.name: MovieGenre.objects.filter(genre=genre).count() for genre in Genre.objects.all()}


def take(step, number):
    movies = list(Movie.objects.order_by("pk"))
    movie = movies[number % len(movies)] if movies else None
    if step == "add" or movie is None:
        make_movie(f"Film {next(_numbers)}", genres=[name for place, name in enumerate(NAMES) if number >> place & 1])
    elif step == "remove":
        movie.delete()
    elif step == "regenre":
        MovieGenre.objects.filter(movie=movie).delete()
    elif step == "move":
        taken = MovieGenre.objects.filter(genre__name="Drama").values("movie")
        MovieGenre.objects.filter(genre__name="Crime").exclude(movie__in=taken).update(
            genre=Genre.objects.get_or_create(name="Drama")[0]
        )
    else:
        genre_counts.recount()


@pytest.mark.django_db
@limits(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_it_is_the_number_of_links_whoever_changes_them(db, steps):
    for step, number in steps:
        take(step, number)
        assert counted() == by_definition()
    Movie.objects.all().delete()
    Genre.objects.all().delete()


@pytest.mark.django_db
def test_it_is_one_row_for_each_genre_after_the_nightly_count():
    for number in range(5):
        make_movie(f"Film {number}", genres=("Drama", "Crime"))
    MovieGenre.objects.filter(genre__name="Crime").delete()
    Genre.objects.get(name="Crime").delete()
    assert GenreCount.objects.count() > 1
    tasks.recount_genres()
    assert list(GenreCount.objects.values_list("genre__name", "movies")) == [("Drama", 5)]


@pytest.mark.django_db(transaction=True)
def test_it_loses_nothing_while_several_count_and_others_link():
    genre = Genre.objects.create(name="Drama")
    movies = [make_movie(f"Film {number}", genres=()) for number in range(60)]

    def link(movie):
        MovieGenre.objects.create(movie=movie, genre=genre)
        if movie.pk % 3 == 0:
            genre_counts.recount()

    at_once([partial(link, movie) for movie in movies], threads=6)
    assert counted() == {"Drama": len(movies)}
