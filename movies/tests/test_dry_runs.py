"""A dry run reports what an import would do; nobody waits for it, and it writes nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from django.db import connection, transaction

from movies import services
from movies.importing import run as importing
from movies.importing.run import import_rows
from movies.models import Genre, Movie, Person, SearchDocument
from movies.tests.test_import_rows import movie_row, movie_rows, stored

pytestmark = pytest.mark.django_db


def meanwhile(function):
    """Call it with a connection of its own, whose waits for locks time out."""

    def call():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '20s'")
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def test_it_reports_a_dry_run_like_a_real_one_and_writes_nothing(monkeypatch):
    monkeypatch.setattr(importing, "BATCH_SIZE", 7)
    import_rows(movie_rows(5), source="a-file")
    before = stored()
    rows = [*movie_rows(20), movie_row("Film 1", genres=("Western",))]
    expected = import_rows(rows, source="a-file", dry_run=True)
    assert stored() == before
    assert Genre.objects.filter(name="Western").count() == 0
    assert Person.objects.count() == SearchDocument.objects.count() + 5 + 1
    assert import_rows(rows, source="a-file") == expected


def test_it_knows_a_removed_movie_by_an_id_that_another_file_gave():
    import_rows([movie_row(ids=("tmdb:949",))], source="tmdb-5000")
    services.remove_movie(movie_id=Movie.objects.get().pk)
    row = movie_row("Heat (1995)", ids=("movielens:6", "tmdb:949"))
    expected = import_rows([row], source="movielens", dry_run=True)
    assert (expected.created, expected.kept) == (0, 1)
    assert not Movie.objects.exists()
    assert import_rows([row], source="movielens") == expected


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_dry_run(monkeypatch):
    monkeypatch.setattr(importing, "BATCH_SIZE", 10)
    import_rows(movie_rows(20), source="a-file")
    known, waited = Movie.objects.earliest("pk"), []

    def write():
        report = import_rows(movie_rows(60)[50:], source="b-file", on_wait=lambda: waited.append("import"))
        services.change_movie(movie_id=known.pk, description="Changed meanwhile.", directors=["Director 99"])
        services.lock_likes([known.pk])
        services.add_movie(title="Film 25", year=1995, genres=[], directors=["Director 0"])
        services.remove_movie(movie_id=Movie.objects.get(title="Film 19").pk)
        with transaction.atomic(), connection.cursor() as cursor:  # as a migration does
            cursor.execute("LOCK TABLE movies_movie, movies_person, movies_sourcerow IN ACCESS EXCLUSIVE MODE")
        return report

    def rows():
        yield from movie_rows(30)
        yield movie_row("Film 1", genres=("Western",), directors=("Director 1",), description="New.")
        assert meanwhile(write).created == 10
        yield from movie_rows(35)[30:]

    report = import_rows(rows(), source="a-file", dry_run=True)
    assert not waited
    assert (report.created, report.stored + report.skipped) == (15, 36)
    known.refresh_from_db()
    assert known.description == "Changed meanwhile."
    assert Movie.objects.count() == 30
    assert not Genre.objects.filter(name="Western").exists()


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_waits_for_no_import():
    def rows():
        assert meanwhile(lambda: import_rows(movie_rows(3), source="b-file", dry_run=True)).created == 3
        yield movie_row()

    import_rows(rows(), source="a-file")
    assert Movie.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ids", [(), ("a:2",)])
def test_a_dry_run_goes_on_where_somebody_imports_a_movie_that_it_would_add(monkeypatch, ids):
    monkeypatch.setattr(importing, "BATCH_SIZE", 2)
    first = movie_row(ids=("a:1",) if ids else (), genres=("Western",), actors=("Al Pacino",))
    again = movie_row(ids=ids, genres=("Western",), actors=("Al Pacino",))

    def rows():
        yield from [first, *movie_rows(5)]
        meanwhile(lambda: import_rows([again], source="a-file"))
        yield from [again, *movie_rows(9)[5:]]

    report = import_rows(rows(), source="a-file", dry_run=True)
    assert report.stored + report.skipped == 11
    assert Movie.objects.count() == 1


@pytest.mark.parametrize("broken", [False, True])
def test_nothing_of_a_dry_run_is_left_in_the_connection(broken):
    def rows():
        yield from movie_rows(3)
        if broken:
            raise RuntimeError

    with pytest.raises(RuntimeError) if broken else nullcontext():
        import_rows(rows(), source="a-file", dry_run=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_is_not_confused_by_what_others_add_meanwhile(monkeypatch):
    """Rows that it would add get ids that no other transaction uses before a later batch reads them."""
    monkeypatch.setattr(importing, "BATCH_SIZE", 10)
    import_rows(movie_rows(10), source="a-file")
    known = Movie.objects.earliest("pk")

    def edit():
        drama = Genre.objects.get(name="Drama")
        services.change_movie(movie_id=known.pk, genres=[drama], directors=["Director 1"], actors=["Star"])

    def rows():
        yield from movie_rows(20)[10:]
        meanwhile(edit)
        yield from movie_rows(10)

    report = import_rows(rows(), source="a-file", dry_run=True)
    assert (report.created, report.unchanged, report.kept) == (10, 9, 1)
