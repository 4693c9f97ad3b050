"""What is the same title or name, and what is not."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command

from movies.folding import fold
from movies.importing.identity import key_of
from movies.importing.readers.rows import MovieRow
from movies.models import Movie, Person, SearchDocument, SourceRow
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
        ("Alien³", "Alien 3"),
        ("8½", "8 1/2"),
        ("The Naked Gun 33⅓", "The Naked Gun 33 1/3"),
        ("xXx²", "xXx 2"),
        ("Rocky Ⅲ", "Rocky III"),
        ("Toy Story™ 3", "Toy Story 3"),
        ("فيـــلم", "فيلم"),
        ("مصطفى", "مصطفي"),
        ("علی کوچک", "علي كوچك"),
        ("فيلم ٣", "فيلم 3"),
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


NUMBERS_APART = "movies.migrations.0015_fold_numbers_apart"


def test_it_folds_again_what_an_older_version_had_glued(db, api):
    movie, other = make_movie("Alien³", year=1992, directors=["مصطفى"]), make_movie("Amélie")
    Person.objects.update(name_key="مصطفى")
    Movie.objects.filter(pk=movie.pk).update(title_key="alien3", director_key="مصطفى")
    rows = [("alien3|1992|مصطفى", movie), ("alien 3 assembly|1992|مصطفى", movie), ("amelie|2010|", other)]
    for key, known in rows:
        SourceRow.objects.create(source="kaggle-imdb", key=key, movie=known)
    import_module(NUMBERS_APART).fold_again(apps, None)
    movie.refresh_from_db()
    assert (movie.title_key, movie.director_key) == ("alien 3", "مصطفي")
    assert Person.objects.get().name_key == "مصطفي"
    assert set(SourceRow.objects.values_list("key", flat=True)) == {
        "alien 3|1992|مصطفي",
        "alien 3 assembly|1992|مصطفي",
        "amelie|2010|",
    }
    call_command("index_movies")
    assert [row["title"] for row in api.get("/api/v1/movies/?q=alien 3").json()["results"]] == ["Alien³"]


def test_it_leaves_two_films_alone_that_would_become_one_by_folding_again(db):
    glued, apart = make_movie("8½", year=1963), make_movie("8 1/3", year=1963)
    Movie.objects.filter(pk=glued.pk).update(title_key="81 2")
    Movie.objects.filter(pk=apart.pk).update(title="8 1/2", title_key="8 1 2")
    import_module(NUMBERS_APART).fold_again(apps, None)
    assert list(Movie.objects.order_by("pk").values_list("title_key", flat=True)) == ["81 2", "8 1 2"]
    assert SearchDocument.objects.count() == 2


def test_it_imports_a_film_once_however_its_number_is_written(db, tmp_path):
    header = (
        "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"
    )
    rows = [("Alien³", 1992), ("Alien 3", 1992), ("8½", 1963), ("8 1/2", 1963)]
    for n, (title, year) in enumerate(rows):
        path = tmp_path / f"{n}.csv"
        path.write_text(f'{header}\n1,{title},Drama,A film.,Ann Director,"A, B",{year},100,7,1000,,\n')
        call_command("import_movies", str(path), verbosity=0)
    assert list(Movie.objects.order_by("year").values_list("title_key", "year")) == [("8 1 2", 1963), ("alien 3", 1992)]
