"""Imports that are killed, disconnected, run twice, or disturbed by edits: in the end the catalogue is as after one clean
run, and no edit is lost."""

import hashlib
import io
import json
import random
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from movies import search, services
from movies.importing import run as importing
from movies.importing import runs, storing
from movies.importing.identity import key_of, staged
from movies.importing.readers.rows import MovieRow
from movies.models import ImportRun, Movie, SearchDocument, SourceRow
from movies.search import documents
from netflix.tests.meanwhile import eventually
from netflix.tests.servers import environment_of_the_doomed, kill, url_of_the_test_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOVIES, BATCH, KILLS = 600, 50, 6
HEADER = "Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"

# An import in a process of its own, in small batches. It stores one for each line of its input.
PROGRAM = f"""
import sys, django, pandas; django.setup()
from django.core.management import call_command
from movies.importing import run, storing; run.BATCH_SIZE, run.INDEX_SECONDS = {BATCH}, 0.1
store = storing.store
def store_when_told(*arguments, **options):
    sys.stdin.readline()
    return store(*arguments, **options)
storing.store = store_when_told
print("begun", flush=True)
call_command("import_movies", sys.argv[1])
"""

# All that an import stores, by names instead of numbers.
MOVIE = "(movie.title, movie.year, movie.director_key)"
CONTENTS = {
    "films": "SELECT to_jsonb(movie) - 'id' FROM movies_movie AS movie",
    "genres": f"SELECT {MOVIE}, genre.name FROM movies_movie AS movie JOIN movies_moviegenre AS link ON movie_id = movie.id"
    " JOIN movies_genre AS genre ON genre.id = genre_id",
    "credits": f"SELECT {MOVIE}, role, billing, person.name FROM movies_movie AS movie"
    " JOIN movies_credit AS credit ON movie_id = movie.id JOIN movies_person AS person ON person.id = person_id",
    "people": "SELECT name, name_key FROM movies_person",
    "rows": f"SELECT {MOVIE}, known.source, key, gives FROM movies_movie AS movie"
    " JOIN movies_sourcerow AS known ON movie_id = movie.id",
    "documents": f"SELECT {MOVIE}, tier, votes, document FROM movies_movie AS movie"
    " JOIN movies_searchdocument AS known ON movie_id = movie.id",
    "words": "SELECT word, movies FROM movies_searchword",
    "counts": "SELECT name, sum(movies) FROM movies_genrecount JOIN movies_genre ON genre_id = movies_genre.id GROUP BY 1",
    "standings": f"SELECT {MOVIE}, genre.name, likes, weighted_rating, trend_day, trend_week, trend_month"
    " FROM movies_movie AS movie JOIN ranking_standing AS standing ON movie_id = movie.id"
    " LEFT JOIN movies_genre AS genre ON genre.id = genre_id",
    "means": "SELECT mean_rating, minimum_votes, is_applied FROM ranking_parameters",
}  # fmt: skip


def contents():
    """A hash of each table."""
    hashes = {}
    with connection.cursor() as cursor:
        for name, query in CONTENTS.items():
            cursor.execute(f"SELECT stored::text FROM ({query}) AS stored ORDER BY 1")
            rows = cursor.fetchall()
            assert rows, name
            hashes[name] = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    return hashes


@pytest.fixture
def path(tmp_path):
    chance = random.Random(19)
    lines = [
        f'Film {number} {chance.choice(["of", "and"])} Roses,"{chance.choice(["Drama", "Crime"])},War",'
        f"Told {number},Director {chance.randrange(90)},"
        f'"Actor {chance.randrange(300)}, Actor {chance.randrange(300)}",{1950 + number % 70},90,'
        f"{chance.randrange(100) / 10},{chance.randrange(10**6)},1.5,60"
        for number in range(MOVIES)
    ]
    path = tmp_path / "films.csv"
    path.write_text("\n".join([HEADER, *lines]))
    return path


@pytest.fixture(autouse=True)
def _in_small_batches(monkeypatch):
    monkeypatch.setattr(importing, "BATCH_SIZE", BATCH)
    monkeypatch.setattr(importing, "INDEX_SECONDS", 0.1)


@contextmanager
def importing_process(path):
    """A process that has begun to import; it is killed at the end of the block. Its output is discarded."""
    command = [sys.executable, "-c", PROGRAM, str(path)]
    environment, pipe = environment_of_the_doomed(), subprocess.PIPE
    with subprocess.Popen(
        command, env=environment, bufsize=0, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout.readline() == b"begun\n"
        try:
            yield process
        finally:
            kill(process)


def _emptied():
    call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def clean(path):
    """The content of the tables after one clean run."""
    call_command("import_movies", str(path))
    stored = contents()
    _emptied()
    return stored


def test_it_stores_the_same_however_often_it_was_killed(path, clean):
    chance, found = random.Random(19), [0]
    for number in range(KILLS):
        wanted = chance.randrange(MOVIES * number // KILLS, MOVIES * (number + 1) // KILLS)
        batches = 1 + max(wanted, found[-1]) // BATCH
        stored = batches * BATCH
        with importing_process(path) as process:  # killed in the batch after these
            process.stdin.write(b"\n" * batches)
            eventually(lambda stored=stored: Movie.objects.count() == stored)
            process.stdin.write(b"\n")
            time.sleep(chance.uniform(0, 0.2))
        found.append(Movie.objects.count())
        assert found[-1] in (stored, stored + BATCH), found
    out = io.StringIO()
    call_command("import_movies", str(path), stdout=out)
    assert f"created {MOVIES - found[-1]}, updated 0, unchanged {found[-1]}," in out.getvalue()
    assert contents() == clean, found


def test_it_stores_the_same_when_two_import_at_once(path, clean):
    stored = clean
    with importing_process(path) as first, importing_process(path) as second:
        for process in (first, second):
            process.stdin.write(b"\n" * (MOVIES // BATCH))
        assert first.wait(120) == second.wait(120) == 0
    assert contents() == stored
    assert sorted(ImportRun.objects.values_list("created", "unchanged")) == [(0, MOVIES), (MOVIES, 0)]


def test_it_says_so_when_the_connection_is_lost_and_goes_on_when_run_again(path, clean, monkeypatch):
    stored = clean
    store, batches = importing.storing.store, []

    def cut_off(*arguments, **options):
        if len(batches) == 3:
            with psycopg.connect(url_of_the_test_database(), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        batches.append(arguments)
        return store(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(importing.storing, "store", cut_off)
        with pytest.raises(CommandError, match=r"The database failed: .*Batches that were complete are kept"):
            call_command("import_movies", str(path))
    connection.close()
    assert Movie.objects.count() == SourceRow.objects.count() == 3 * BATCH
    call_command("import_movies", str(path))
    assert contents() == stored


def test_it_loses_no_edit_that_is_made_meanwhile(path):
    edited: dict[int, int] = {}
    with importing_process(path) as process:
        for stored in range(BATCH, MOVIES + 1, BATCH):
            process.stdin.write(b"\n")
            eventually(lambda stored=stored: _edit(edited) and Movie.objects.count() == stored)
        eventually(lambda: _edit(edited) and process.poll() == 0)
    assert len(edited) >= MOVIES // BATCH
    assert dict(Movie.objects.filter(pk__in=edited).values_list("pk", "metascore")) == edited


def _edit(edited):
    """Edit a film that is not edited yet, if there is one."""
    movie_id = Movie.objects.exclude(pk__in=edited).values_list("pk", flat=True).first()
    if movie_id is not None:
        services.change_movie(movie_id=movie_id, metascore=1 + len(edited) % 50)
        edited[movie_id] = 1 + len(edited) % 50
    return True


def test_it_finds_a_movie_by_the_cast_that_a_later_row_gives_it_while_search_keeps_up(monkeypatch):
    """One reads the names of a film while the other is about to change them."""
    row = MovieRow(line=2, title="Heat", year=1995, ids=("a:1",), actors=("Al Pacino",))
    again = replace(row, actors=("Quux Zzyzx",))
    read, lexemes_of = threading.Event(), documents.lexemes_of
    storing.store(staged({key_of(row): row}), source="a")

    def slow(movie_ids):
        found = lexemes_of(movie_ids)
        if threading.current_thread() is follower:
            read.set()
            time.sleep(1)
        return found

    def follow():
        try:
            search.index_new_movies(after=0)
        finally:
            connection.close()

    follower = threading.Thread(target=follow)
    monkeypatch.setattr(documents, "lexemes_of", slow)
    follower.start()
    assert read.wait(60)
    storing.store(staged({key_of(again): again}), source="a")
    follower.join()
    assert "zzyzx" in SearchDocument.objects.get().document


def test_it_is_nobodys_to_undo_or_to_call_dead_before_all_follows_it(path, monkeypatch):
    seen, refresh_derived = [], importing.refresh_derived

    def look():
        runs.mark_interrupted()
        seen.append(ImportRun.objects.get().state)
        connection.close()

    def settling():
        looking = threading.Thread(target=look)
        looking.start()
        looking.join()
        refresh_derived()

    monkeypatch.setattr(importing, "refresh_derived", settling)
    call_command("import_movies", str(path))
    assert seen == ["running"]
