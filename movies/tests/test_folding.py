"""What is the same title or name, and what is not."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command

from movies.folding import fold
from movies.importing.identity import key_of
from movies.importing.readers.rows import MovieRow
from movies.models import Movie, Person, SearchDocument
from movies.search.lexemes import words_of
from movies.tests.factories import make_movie


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amélie", "AMELIE"),
        ("Ocean's Eleven", "Oceans Eleven"),
        ("WALL·E", "wall e"),
        ("שָׁלוֹם", "שלום"),
        ("I ❤️ NY", "I ❤ NY"),
        ("Ёлки", "Елки"),
    ],
)
def test_it_takes_for_the_same_what_people_write_for_it(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("राम", "रीमा"), ("मीना", "माना"), ("กิน", "กัน"), ("மீன்", "மான்"), ("ハハ", "パパ"), ("はか", "ばか")],
)
def test_it_tells_words_apart_by_the_marks_of_their_script(one, other):
    assert fold(one) != fold(other)
    assert key_of(MovieRow(line=2, title=one, year=2001)) != key_of(MovieRow(line=2, title=other, year=2001))
    assert [len(words_of(fold(word))) for word in (one, other)] == [1, 1]


def test_it_folds_again_what_an_older_version_had_folded_without_marks(db, api):
    movie, other = make_movie("パパ", directors=["राम"]), make_movie("Amélie", directors=["Jean-Pierre Jeunet"])
    Person.objects.filter(name="राम").update(name_key="र म")
    Movie.objects.filter(pk=movie.pk).update(title_key="ハハ", director_key="र म")
    import_module("movies.migrations.0014_marks_and_runtimes").fold_again(apps, None)
    movie.refresh_from_db()
    assert (movie.title_key, movie.director_key) == (fold("パパ"), fold("राम"))
    assert Person.objects.get(name="राम").name_key == fold("राम")
    assert list(SearchDocument.objects.values_list("movie", flat=True)) == [other.pk]
    call_command("index_movies")
    assert [row["id"] for row in api.get("/api/v1/movies/?q=राम").json()["results"]] == [movie.pk]
