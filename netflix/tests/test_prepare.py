import os
import re
import subprocess
import sys
from io import StringIO

import psycopg
import pytest
from django.conf import settings as of_the_project
from django.core.management import CommandError, call_command

from movies.models import Movie
from netflix.management import preparation
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.django_db


def prepare(*arguments):
    output = StringIO()
    call_command("prepare", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def test_it_loads_the_sample_into_an_empty_catalogue_and_keeps_what_is_there(settings):
    settings.MAX_MOVIES = 3
    assert "created 3, updated 0" in prepare()
    Movie.objects.order_by("id").first().delete()
    assert "they are kept as they are" in prepare()
    assert Movie.objects.count() == 2


def test_it_writes_a_line_every_few_seconds_while_films_are_imported(settings, monkeypatch):
    settings.MAX_MOVIES = 3
    monkeypatch.setattr(preparation, "PROGRESS_INTERVAL_SECONDS", 0.001)
    assert re.search(r"^  Importing films: \d+ s so far \.\.\.$", prepare(), re.MULTILINE)


@pytest.mark.parametrize(
    ("content", "words"), [(None, "There is no file"), ("Some,other\nthing,1\n", "Some")], ids=["no file", "no films"]
)
def test_it_refuses_a_bad_file_before_it_does_anything(tmp_path, content, words):
    path, output = tmp_path / "films.csv", StringIO()
    if content:
        path.write_text(content)
    with pytest.raises(CommandError, match=words):
        call_command("prepare", path, stdout=output)
    assert output.getvalue() == ""
    assert not Movie.objects.exists()


def test_it_loads_a_named_file_into_any_catalogue(settings):
    settings.MAX_MOVIES = 3
    prepare()
    settings.MAX_MOVIES = None
    assert "unchanged 3" in prepare(settings.BASE_DIR / "movies" / "sample" / "movies.csv")


@pytest.fixture
def url(db):
    """Of an empty database, which is gone after the test."""
    server, name = url_of_the_test_database(), f"empty_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.rpartition("/")[0] + f"/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def begin(url, data_dir, *command, **environment):
    """A process of its own, which loads ten films."""
    environment = {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "MAX_MOVIES": "10"} | environment
    return subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=of_the_project.BASE_DIR, env=os.environ | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def count(url, table):
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.mark.slow
def test_it_lets_one_process_after_the_other_prepare_a_database(url, tmp_path):
    both = [begin(url, tmp_path, "prepare") for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted("created 10" in each for each in said) == [False, True]
    assert sorted("kept as they are" in each for each in said) == [False, True]
    assert count(url, "movies_movie") == 10


@pytest.mark.slow
def test_it_goes_on_when_the_process_that_it_waits_for_is_killed(url, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import time\n"
        "import django.core.management.commands.migrate as migrate\n"
        "migrate.Command.handle = lambda *a, **k: (print('migrating', flush=True), time.sleep(600))\n"
    )
    slow = begin(url, tmp_path, "prepare", PYTHONPATH=str(tmp_path))
    try:
        while slow.stdout.readline() != "migrating\n":
            assert slow.poll() is None
        waiting = begin(url, tmp_path, "prepare")
        assert waiting.stdout.readline() == "Another process prepares this database. Waiting for it to finish ...\n"
    finally:
        slow.kill()
        slow.communicate()
    said, _ = waiting.communicate(timeout=120)
    assert waiting.returncode == 0, said
    assert "created 10" in said
    assert count(url, "movies_movie") == 10
