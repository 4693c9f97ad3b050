"""Rows of several files that are one film are one film, in whichever order they come."""

import os
from itertools import permutations

import pytest
from django.db import connection, transaction
from django.utils import timezone

from movies import services
from movies.folding import fold
from movies.importing import undoing
from movies.importing.comparing import are_alike
from movies.importing.readers import open_dataset
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import ExternalId, ImportRun, MergedMovie, Movie, SourceRow
from movies.tests.factories import make_movie

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_refresh")]

KAGGLE, TOP, TMDB, MOVIELENS, IMDB = "imdb-2006-2016", "imdb-top-1000", "tmdb-5000", "movielens", "imdb"
ZORK = {
    KAGGLE: MovieRow(line=2, title="Zork Patrol 3", year=2012, directors=("Zed Quill",), metascore=40),
    MOVIELENS: MovieRow(
        line=2, title="Zork Patrol: The Third", year=2012, ids=("movielens:1", "tmdb:9950001"), genres=("War",)
    ),
    TMDB: MovieRow(line=2, title="Zork Patrol 3", year=2012, ids=("tmdb:9950001",), description="The third."),
}


def row(title, year, **facts):
    return MovieRow(line=2, title=title, year=year, **facts)


def run_import(source, *rows):
    record = ImportRun.objects.create(file_name="f.csv", source=source, state="done", started_at=timezone.now())
    report = import_rows(rows, source=source, run=record)
    assert report.stored + report.skipped == len(rows)
    return record


def catalogue():
    """The facts of all films, without the ids of films, genres and people."""
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE)
        return sorted(cursor.fetchall(), key=repr)


_CATALOGUE = """
    SELECT title, title_key, year, director_key, description, certificate, runtime_minutes, imdb_rating, imdb_votes,
           revenue_usd, metascore, source,
           ARRAY(SELECT genre.name FROM movies_moviegenre AS link JOIN movies_genre AS genre ON genre.id = genre_id
                  WHERE movie_id = movie.id ORDER BY 1)::text,
           ARRAY(SELECT role || billing || person.name
                   FROM movies_credit JOIN movies_person AS person ON person.id = person_id
                  WHERE movie_id = movie.id ORDER BY role, billing, person.name)::text,
           ARRAY(SELECT name FROM movies_externalid WHERE movie_id = movie.id ORDER BY 1)::text,
           ARRAY(SELECT source || ' ' || key || ' ' || ARRAY(SELECT unnest(gives) ORDER BY 1)::text
                   FROM movies_sourcerow WHERE movie_id = movie.id ORDER BY 1)::text
      FROM movies_movie AS movie
"""


def in_every_order(rows):
    """The resulting catalogue of each order of the rows."""
    catalogues = []
    for order in permutations(rows):
        with transaction.atomic():
            for source in order:
                run_import(source, rows[source])
            again = [import_rows([rows[source]], source=source) for source in order]
            assert all(report.unchanged == 1 for report in again), order
            catalogues.append(catalogue())
            transaction.set_rollback(True)
    return catalogues


def test_it_makes_one_movie_of_three_rows_in_any_order():
    catalogues = in_every_order(ZORK)
    assert all(movies == catalogues[0] for movies in catalogues)
    ((title, _, year, director_key, description, *_),) = catalogues[0]
    assert (title, year, director_key, description) == ("Zork Patrol 3", 2012, "zed quill", "The third.")


@pytest.mark.parametrize(
    "rows",
    [
        {
            KAGGLE: row("300", 2006, directors=("Zack Snyder",)),
            MOVIELENS: row("300", 2007, ids=("movielens:51662", "tmdb:1271")),
            TMDB: row("300", 2006, ids=("tmdb:1271",)),
        },
        {
            KAGGLE: row("Green Room", 2015, directors=("Jeremy Saulnier",)),
            MOVIELENS: row("Green Room", 2015, ids=("movielens:141866", "tmdb:313922")),
            TMDB: row("Green Room", 2016, ids=("tmdb:313922",)),
        },
        {
            KAGGLE: row("The Revenant", 2015, directors=("Alejandro González Iñárritu",)),
            TOP: row("The Revenant", 2015, directors=("Alejandro G. Iñárritu",)),
            TMDB: row("The Revenant", 2015, ids=("tmdb:281957",)),
        },
        {
            KAGGLE: row("The Lego Movie", 2014, directors=("Phil Lord",)),
            TOP: row("The Lego Movie", 2014, directors=("Christopher Miller",)),
            TMDB: row("The Lego Movie", 2014, ids=("tmdb:137106",), directors=("Phil Lord", "Christopher Miller")),
        },
        {
            KAGGLE: row("The Lego Movie", 2014, directors=("Phil Lord",), actors=("Chris Pratt", "Will Ferrell")),
            TOP: row("The Lego Movie", 2014, directors=("C. Miller",), actors=("Will Ferrell", "X", "Chris Pratt")),
            MOVIELENS: row("The Lego Movie", 2014, ids=("movielens:108932", "tmdb:137106")),
        },
        {
            IMDB: row("Il Postino", 1994, ids=("imdb:tt0110877",), directors=("Michael Radford",)),
            TMDB: row("The Postman", 1995, ids=("tmdb:11010",)),
            MOVIELENS: row("Postman, The", 1994, ids=("movielens:1", "tmdb:11010", "imdb:tt0110877")),
        },
    ],
    ids=["a year off by one", "the other's name", "initials", "one of two", "the cast", "ids of two"],
)
def test_it_finds_what_ties_them_together_whichever_comes_last(rows):
    catalogues = in_every_order(rows)
    assert all(movies == catalogues[0] for movies in catalogues)
    assert len(catalogues[0]) == 1


@pytest.mark.parametrize(
    "rows",
    [
        {
            MOVIELENS: row("Emma", 1996, ids=("movielens:838", "imdb:tt0116191")),
            IMDB: row("Emma", 1996, ids=("imdb:tt0118308",)),
        },
        {
            KAGGLE: row("The Host", 2006, directors=("Bong Joon Ho",)),
            TOP: row("The Host", 2013, directors=("Andrew Niccol",)),
        },
        {
            KAGGLE: row("Home", 2009, directors=("Ursula Meier",), actors=("Isabelle Huppert", "A")),
            TOP: row("Home", 2009, directors=("Yann Arthus-Bertrand",), actors=("Glenn Close", "A")),
        },
        {
            KAGGLE: row("Under the Skin", 2013, directors=("Jonathan Glazer",)),
            TMDB: row("Under the Skin", 2014, ids=("tmdb:97370",)),
        },
    ],
    ids=["two ids", "two years", "two directors", "only likely"],
)
def test_it_leaves_two_movies_two(rows):
    catalogues = in_every_order(rows)
    assert all(movies == catalogues[0] for movies in catalogues)
    assert len(catalogues[0]) == 2


def test_it_lets_a_row_be_a_movie_of_its_own_that_may_be_either_of_two():
    rows = {
        KAGGLE: row("Grindhouse", 2007, directors=("Robert Rodriguez",), genres=("Horror",), metascore=77),
        MOVIELENS: row("Grindhouse", 2007, ids=("movielens:52281", "tmdb:253768"), genres=("Action",)),
        TMDB: row("GRINDHOUSE", 2007, ids=("tmdb:285923",), description="Two films in one."),
    }
    catalogues = in_every_order(rows)
    assert all(movies == catalogues[0] for movies in catalogues)
    assert [movie[0] for movie in catalogues[0]] == ["GRINDHOUSE", "Grindhouse", "Grindhouse"]
    assert sorted(movie[12] for movie in catalogues[0]) == ["{Action}", "{Horror}", "{}"]


def test_it_splits_off_no_row_of_a_movie_whose_other_rows_were_deleted():
    run_import(KAGGLE, row("Grindhouse", 2007, directors=("Robert Rodriguez",)))
    run_import(MOVIELENS, row("Grindhouse", 2007, ids=("movielens:52281", "tmdb:253768")))
    services.let_imports_add([SourceRow.objects.get(source=MOVIELENS).pk])
    run_import(TMDB, row("Grindhouse", 2007, ids=("tmdb:285923",)))
    facts = Movie.objects.order_by("pk").values_list("title", "director_key", "source_rows__source")
    assert list(facts) == [("Grindhouse", "robert rodriguez", KAGGLE), ("Grindhouse", "", TMDB)]


def test_it_counts_the_rows_that_merge_movies_and_foretells_them():
    run_import(KAGGLE, ZORK[KAGGLE])
    run_import(MOVIELENS, ZORK[MOVIELENS])
    other = row("Heat", 1995, ids=("tmdb:949",))
    reports = [import_rows([ZORK[TMDB], other], source=TMDB, dry_run=dry_run) for dry_run in (True, False)]
    for report in reports:
        assert (report.created, report.updated, report.unchanged, report.merged, report.kept) == (1, 0, 0, 1, 0)
        assert "unchanged 0, merged 1, kept 0" in list(report.in_words())[-1]
    assert Movie.objects.count() == 2


def test_it_keeps_the_older_movie_and_what_a_person_said_of_either():
    older = make_movie("Zork Patrol 3", year=2012, directors=["Zed Quill"], description="Mine.").pk
    run_import(MOVIELENS, ZORK[MOVIELENS])
    run_import(TMDB, ZORK[TMDB])
    movie = Movie.objects.get()
    assert (movie.pk, movie.description) == (older, "Mine.")
    assert MergedMovie.objects.get().kept_id == older


@pytest.mark.parametrize("order", list(permutations(ZORK)))
def test_it_is_undone_with_the_import_that_merged(order):
    *first, last = order
    for source in first:
        run_import(source, ZORK[source])
    before = catalogue()
    record = run_import(last, ZORK[last])
    assert Movie.objects.count() == 1
    undone = undoing.undo(record.pk)
    assert catalogue() == before
    assert not undone.not_undone
    assert not MergedMovie.objects.exists()
    assert not Movie.objects.exclude(source_id="").exists()
    run_import(last, ZORK[last])
    assert Movie.objects.count() == 1


def test_it_undoes_the_imports_of_merged_movies_in_any_order():
    for order in permutations(ZORK):
        with transaction.atomic():
            records = {source: run_import(source, ZORK[source]) for source in (KAGGLE, MOVIELENS, TMDB)}
            for source in order:
                undoing.undo(records[source].pk)
            assert not Movie.objects.exists(), order
            assert not ExternalId.objects.exists(), order
            assert not SourceRow.objects.exists(), order
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("name", "other", "alike"),
    [
        ("Alejandro González Iñárritu", "Alejandro G. Iñárritu", True),
        ("Paul W.S. Anderson", "Paul Anderson", True),
        ("Madonna", "Madonna", True),
        ("Joel Coen", "Ethan Coen", False),
        ("John Q. Public", "John R. Public", False),
        ("Madonna", "Madonna Ciccone", False),
    ],
)
def test_it_knows_a_name_that_is_shortened(name, other, alike):
    assert are_alike(fold(name), fold(other)) is are_alike(fold(other), fold(name)) is alike


FILES = ("IMDB-Movie-Data.csv", "imdb_top_1000.csv", "ml-latest-small", "tmdb_5000_movies.csv")
# Each file once first and once last. All 24 take some minutes: MERGE_ORDERS=24.
ORDERS = [FILES, FILES[::-1], (FILES[2], FILES[0], FILES[3], FILES[1]), (FILES[1], FILES[3], FILES[0], FILES[2])]


@pytest.mark.slow
def test_it_makes_one_catalogue_of_the_four_real_files_in_any_order(real_files):
    datasets = {name: open_dataset(real_files / name) for name in FILES}
    rows = {name: list(dataset.rows()) for name, dataset in datasets.items()}
    orders = list(permutations(FILES)) if os.environ.get("MERGE_ORDERS") == "24" else ORDERS
    expected = None
    for order in orders:
        with transaction.atomic():
            for name in order:
                import_rows(rows[name], source=datasets[name].source)
            movies = catalogue()
            transaction.set_rollback(True)
        expected = expected or movies
        assert movies == expected, order
    named = [(title, year) for title, _, year, *_ in expected or ()]
    twice = {("Emma", 1996): 2, ("The Host", 2006): 1, ("The Host", 2013): 1, ("Drishyam", 2013): 1, ("300", 2006): 1}
    assert {name: named.count(name) for name in twice} == twice
    assert named.count(("Drishyam", 2015)) == 1
