"""Each import leaves a record: its files, its user and its outcome."""

import hashlib

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from movies.importing import run as importing
from movies.importing import runs, storing
from movies.importing.readers import open_dataset
from movies.models import ImportRun, Movie
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.django_db

HEADER = "Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "films.csv"
    lines = [f"Film {number},Drama,Told,Ada,Bea,{2000 + number},90,7.5,100,1.5,60" for number in range(30)]
    path.write_text("\n".join([HEADER, *lines, "Film 30,Drama,Told,Ada,Bea,soon,90,7.5,100,1.5,60"]))
    return path


def imported(path, **options):
    call_command("import_movies", str(path), **options)
    return ImportRun.objects.first()


def test_it_says_what_was_read_and_what_came_of_it(path):
    run = imported(path)
    assert (run.state, run.file_name, run.source, run.user) == ("done", "films.csv", "imdb-2006-2016", None)
    assert run.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (run.created, run.updated, run.unchanged, run.kept, run.repaired, run.skipped) == (30, 0, 0, 0, 0, 1)
    assert run.problems == [[32, "skipped", "Year", "soon", "not a whole number"]]
    assert run.started_at <= run.ended_at
    assert run.bytes_read == run.bytes_total == path.stat().st_size
    assert imported(path).unchanged == 30


def test_it_keeps_what_was_wrong_whatever_characters_that_has(tmp_path):
    lines = ["tconst\ttitleType\tprimaryTitle\tstartYear\truntimeMinutes\tgenres"]
    lines += [f"tt{n:07}\tmovie\tFilm {n}\t2000\t90\tDrama" for n in range(200)]
    lines += ["tt0000300\tmovie\tBad\0title\t2000\t90\tDrama", "tt0000301\tmovie\tGood\t2000\t9\x000\tDrama"]
    path = tmp_path / "title.basics.tsv"
    path.write_text("\n".join(lines))
    run = imported(path)
    assert (run.state, run.created, run.repaired, run.skipped) == ("done", 201, 1, 1)
    assert [problem[3] for problem in run.problems] == ["Bad\ufffdtitle", "9\ufffd0"]


def test_it_leaves_none_for_a_dry_run(path):
    assert imported(path, dry_run=True) is None


def test_it_says_why_an_import_failed(path, monkeypatch):
    def full(*_, **__):
        raise OperationalError("could not extend file: No space left on device\nHINT: Check free disk space.")

    monkeypatch.setattr(storing, "store", full)
    with pytest.raises(CommandError, match="The database failed: could not extend file: No space left on device"):
        imported(path)
    run = ImportRun.objects.get()
    assert run.state == "failed"
    assert "No space left" in run.message
    assert not Movie.objects.exists()


def test_it_stops_after_the_batch_in_hand_when_somebody_wants_it(path, monkeypatch):
    monkeypatch.setattr("movies.importing.run.BATCH_SIZE", 10)
    dataset, run, store = open_dataset(path), ImportRun(file_name="films.csv"), storing.store

    def stored(*arguments, **options):
        outcome = store(*arguments, **options)
        assert runs.cancel(run.pk)
        return outcome

    monkeypatch.setattr(storing, "store", stored)
    with pytest.raises(runs.Cancelled):
        runs.import_dataset(dataset, dataset.rows(), run=run)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.created == Movie.objects.count() == 10
    assert not runs.cancel(run.pk)


def test_it_notes_imports_whose_process_has_ended(path):
    killed = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.RUNNING)
    imported(path)
    killed.refresh_from_db()
    assert killed.state == "interrupted"
    assert killed.message == "Its process died before the import was done. Import the file again to continue."


def test_it_notes_them_at_the_next_start_too(path):
    imported(path)
    killed = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.RUNNING)
    call_command("import_movies", if_empty=True)
    killed.refresh_from_db()
    assert killed.state == "interrupted"


@pytest.mark.django_db(transaction=True)
def test_it_takes_no_running_import_for_a_dead_one():
    running = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.RUNNING)
    with psycopg.connect(url_of_the_test_database()) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [importing.IMPORT_LOCK])
        runs.mark_interrupted()
    running.refresh_from_db()
    assert running.state == "running"
