"""`import_movies --undo RUN` undoes an import, except for films that people or later imports use since."""

from dataclasses import replace
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from movies import services
from movies.importing import journal
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import ExternalId, Genre, ImportChange, ImportRun, Movie, Person, SearchDocument, SourceRow
from movies.tests.factories import make_movie
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.django_db

HEAT = MovieRow(
    line=2, title="Heat", year=1995, ids=("imdb:tt0113277",), genres=("Crime", "Drama"), directors=("Michael Mann",),
    actors=("Al Pacino", "Robert De Niro"), imdb_votes=100,
)  # fmt: skip
ALIEN = MovieRow(line=3, title="Alien", year=1979, genres=("Horror",), directors=("Ridley Scott",))


def run_import(*rows, source="a-file"):
    run = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.DONE, started_at=timezone.now())
    import_rows(rows, source=source, run=run)
    return run


def undo(run):
    output = StringIO()
    call_command("import_movies", undo=run.pk, stdout=output)
    return output.getvalue()


def catalogue():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {journal.FACTS_SQL} FROM movies_movie AS movie ORDER BY title_key")
        movies = cursor.fetchall()
    return movies, list(ExternalId.objects.order_by("name").values_list("name", "movie"))


def test_it_removes_movies_that_the_import_brought():
    make_movie("Ran", directors=("Akira Kurosawa",))
    before = catalogue()
    run = run_import(HEAT, ALIEN)
    assert "removed 2, restored 0, kept 0" in undo(run)
    assert catalogue() == before
    assert not SourceRow.objects.exists()
    assert not Person.objects.filter(name__in=[*HEAT.directors, *HEAT.actors, "Ridley Scott"]).exists()
    assert SearchDocument.objects.count() == 1
    run.refresh_from_db()
    assert run.state == "undone"
    assert import_rows([HEAT, ALIEN], source="a-file").created == 2


def test_it_gives_back_what_the_import_changed():
    run_import(HEAT)
    before = catalogue()
    run = run_import(
        MovieRow(
            line=2, title="Heat!", year=1995, ids=("imdb:tt0113277", "tmdb:949"), genres=("Crime",),
            directors=("M. Mann", "Michael Mann"), actors=("Val Kilmer",), imdb_votes=200, metascore=76,
            description="Thieves.",
        )
    )  # fmt: skip
    assert catalogue() != before
    assert "removed 0, restored 1, kept 0" in undo(run)
    assert catalogue() == before
    assert not ImportChange.objects.filter(run=run).exists()


def test_it_takes_back_what_another_data_set_filled_in():
    run_import(HEAT, source="imdb-2006-2016")
    before = catalogue()
    run = run_import(MovieRow(line=2, title="Heat", year=1995, ids=("tmdb:949",), metascore=76), source="tmdb-5000")
    assert Movie.objects.get().metascore == 76
    undo(run)
    assert catalogue() == before


def test_it_gives_a_movie_back_to_a_director_who_was_renamed_since():
    run_import(HEAT)
    run = run_import(MovieRow(line=2, title="Heat", year=1995, ids=HEAT.ids, directors=("Somebody",)))
    services.rename_person(person_id=Person.objects.get(name="Michael Mann").pk, name="Michael Kenneth Mann")
    assert "restored 1, kept 0" in undo(run)
    assert Movie.objects.get().director_key == "michael kenneth mann"


def test_it_keeps_movies_that_somebody_edited():
    run = run_import(HEAT, ALIEN)
    services.change_movie(movie_id=Movie.objects.get(title="Heat").pk, metascore=50)
    output = undo(run)
    assert "removed 1, restored 0, kept 1" in output
    assert "kept Heat (1995)" in output
    assert "staff edited it" in output


def test_it_keeps_facts_that_are_others_since():
    run_import(HEAT)
    run = run_import(MovieRow(line=2, title="Heat", year=1995, ids=HEAT.ids, imdb_votes=200, metascore=76))
    services.change_movie(movie_id=Movie.objects.get().pk, metascore=80)
    assert "kept Heat (1995)" in (output := undo(run))
    assert "changed since: metascore" in output
    assert (Movie.objects.get().imdb_votes, Movie.objects.get().metascore) == (100, 80)


def test_it_keeps_movies_that_a_later_import_has_too():
    run = run_import(HEAT)
    run_import(HEAT, source="another-file")
    assert "another import has it, too" in undo(run)
    assert Movie.objects.count() == 1


def test_it_undoes_several_imports_from_the_last_to_the_first():
    before = catalogue()
    runs = [run_import(HEAT), run_import(HEAT, ALIEN, source="another-file")]
    assert "removed 1, restored 1, kept 0" in undo(runs[1])
    assert "removed 1" in undo(runs[0])
    assert catalogue() == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the first first", "the last first"])
def test_it_gives_back_what_was_before_both_in_any_order(order):
    run_import(HEAT)
    before = catalogue()
    runs = [
        run_import(replace(HEAT, imdb_votes=200, genres=("Crime",)), source="a-file"),
        run_import(replace(HEAT, imdb_votes=300, genres=("War",)), source="a-file"),
    ]
    for number in order:
        undo(runs[number])
    assert catalogue()[0] == before[0]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_nobody_from_liking_a_movie_whose_facts_it_gives_back():
    run_import(HEAT)
    run = run_import(replace(HEAT, imdb_votes=200))
    with psycopg.connect(url_of_the_test_database()) as liking:  # which holds on to the film until it commits
        liking.execute("SELECT FROM movies_movie FOR KEY SHARE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")
        try:
            assert "restored 1" in undo(run)
        finally:
            connection.close()


def test_it_refuses_what_it_cannot_undo():
    with pytest.raises(CommandError, match="There is no import 7"):
        call_command("import_movies", undo=7)
    run = run_import(HEAT)
    undo(run)
    with pytest.raises(CommandError, match="is undone already"):
        undo(run)


def test_it_gives_people_back_that_a_movie_it_removes_had_too():
    run_import(replace(HEAT, actors=("Al Pacino", "Jon Voight")))
    before = catalogue()
    run = run_import(HEAT, replace(ALIEN, actors=("Jon Voight",)))
    assert "removed 1, restored 1, kept 0" in undo(run)
    assert catalogue() == before


def test_it_gives_back_the_people_and_genres_that_are_still_there():
    run_import(replace(HEAT, actors=("Al Pacino", "Jon Voight"), genres=("Crime", "War")))
    run = run_import(HEAT)
    Person.objects.get(name="Jon Voight").delete()
    Genre.objects.get(name="War").delete()
    assert "restored 1, kept 0" in undo(run)
    assert [credit.person.name for credit in Movie.objects.get().credits.filter(role="cast")] == ["Al Pacino"]
    assert [genre.name for genre in Movie.objects.get().genres.all()] == ["Crime"]


def test_it_keeps_a_movie_that_a_later_import_has_even_if_it_says_the_same():
    run_import(replace(HEAT, runtime_minutes=100), source="imdb-2006-2016")
    run = run_import(replace(HEAT, runtime_minutes=170), source="imdb-top-1000")
    run_import(replace(HEAT, runtime_minutes=170), source="imdb")
    before = catalogue(), list(SourceRow.objects.order_by("pk").values())
    assert "another import has it, too\nremoved 0, restored 0, kept 1" in undo(run)
    assert (catalogue(), list(SourceRow.objects.order_by("pk").values())) == before


def test_it_keeps_movies_that_a_newer_file_of_the_same_data_set_has_unchanged():
    run = run_import(HEAT)
    run_import(HEAT, ALIEN)
    assert "another import has it, too" in undo(run)
    assert Movie.objects.filter(title="Heat").exists()


def test_it_undoes_an_import_that_went_on_where_one_was_interrupted():
    before = catalogue()
    runs = [run_import(HEAT), run_import(HEAT, ALIEN)]
    assert "removed 1, restored 0, kept 0" in undo(runs[1])
    assert "removed 1, restored 0, kept 0" in undo(runs[0])
    assert catalogue() == before


def test_it_leaves_a_movie_that_it_keeps_to_the_other_import():
    before = catalogue()
    runs = [run_import(HEAT), run_import(HEAT, ALIEN), run_import(HEAT, source="another-file")]
    assert "removed 0, restored 0, kept 1" in undo(runs[0])
    assert "removed 1, restored 0, kept 1" in undo(runs[1])
    assert "removed 1, restored 0, kept 0" in undo(runs[2])
    assert catalogue() == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the first first", "the last first"])
def test_it_takes_the_rows_and_ids_of_several_data_sets_back_in_any_order(order):
    run_import(replace(HEAT, ids=()), source="imdb-2006-2016")
    before = catalogue()
    runs = [
        run_import(replace(HEAT, ids=("movielens:6", *HEAT.ids, "tmdb:949")), source="movielens"),
        run_import(replace(HEAT, imdb_votes=300), source="imdb"),
    ]
    for number in order:
        undo(runs[number])
    assert catalogue() == before
    assert list(SourceRow.objects.values_list("source", flat=True)) == ["imdb-2006-2016"]


def test_it_goes_by_when_imports_began_not_by_their_numbers():
    run_import(HEAT)
    before = catalogue()
    first, third, second = (ImportRun.objects.create(file_name=name, state=ImportRun.State.DONE) for name in "abc")
    for votes, run in enumerate((first, second, third), start=200):  # as uploads that waited
        ImportRun.objects.filter(pk=run.pk).update(started_at=timezone.now())
        import_rows([replace(HEAT, imdb_votes=votes)], source="a-file", run=run)
    for run in (first, second, third):
        undo(run)
    assert catalogue() == before


def test_it_takes_back_with_a_later_import_what_was_kept_because_of_it():
    run_import(HEAT, source="imdb-2006-2016")
    before = catalogue()
    runs = [run_import(replace(HEAT, metascore=76), source=source) for source in ("imdb-top-1000", "tmdb-5000")]
    assert "kept 1" in undo(runs[0])
    assert Movie.objects.get().metascore == 76
    assert "restored 1, kept 0" in undo(runs[1])
    assert catalogue() == before


def test_it_removes_a_movie_that_two_rows_of_the_file_name():
    twice = replace(HEAT, ids=("movielens:1", "tmdb:9")), replace(HEAT, line=3, ids=("movielens:2", "tmdb:9"))
    assert "removed 1, restored 0, kept 0" in undo(run_import(*twice, source="movielens"))
    assert not Movie.objects.exists()


def test_it_removes_genres_and_people_that_it_leaves_without_a_movie():
    make_movie("Ran", genres=("Drama",), directors=("Akira Kurosawa",))
    run_import(HEAT)
    Genre.objects.create(name="Noir", edited=True)  # as somebody adds it in the admin
    run = run_import(replace(HEAT, genres=("Crime", "Documentary", "Noir"), actors=("Val Kilmer",)), ALIEN)
    undo(run)
    assert set(Genre.objects.values_list("name", flat=True)) == {"Drama", "Crime", "Noir"}
    assert not Person.objects.filter(name__in=["Val Kilmer", "Ridley Scott"]).exists()
    assert Person.objects.filter(name__in=[*HEAT.actors, "Akira Kurosawa"]).count() == 3
