import json
import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from benchmarks import facts
from netflix.tests.servers import url_of_the_test_database

MOVIES = 200


@pytest.fixture
def empty_database():
    """The address of a database of this test's own."""
    name = f"{connection.settings_dict['NAME']}_benchmark"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
        yield url_of_the_test_database() + "_benchmark"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_fills_a_catalogue_whose_rankings_are_the_products(empty_database):
    catalogue(empty_database, "fill", str(MOVIES))
    with psycopg.connect(empty_database) as made:
        assert count(made, "movies_movie") == count(made, "movies_searchdocument") == MOVIES
        assert count(made, "ranking_like") == 5 * MOVIES
        assert count(made, "pg_indexes WHERE indexname = 'search_document_words'") == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_gives_the_same_lists_to_readers_at_every_start(empty_database, tmp_path):
    catalogue(empty_database, "fill", str(MOVIES))
    found = []
    for _ in range(2):
        catalogue(empty_database, "logins", str(tmp_path / "logins.json"))
        with psycopg.connect(empty_database) as made:
            found.append([made.execute(query).fetchall() for query in OWN_LISTS])
    assert found[0] == found[1]
    assert [len(rows) for rows in found[0]] == [facts.READERS * 60] * 3
    assert len(json.loads((tmp_path / "logins.json").read_text())["viewers"]) == facts.VIEWERS
    assert catalogue(empty_database, "drift") == "0\n"


OWN_LISTS = (
    "SELECT user_id, movie_id FROM ranking_like WHERE user_id > (SELECT max(id) - 20 FROM accounts_user) ORDER BY id",
    "SELECT user_id, movie_id, note, remind_at, created_at FROM reminder_reminder ORDER BY id",
    """
    SELECT user_id, movie_id, last_watched_at, (SELECT max(watched_at) FROM reminder_viewing WHERE watched_id = list.id)
      FROM reminder_watched AS list ORDER BY id
    """,
)


def catalogue(database, *arguments):
    done = subprocess.run(  # ourselves
        [sys.executable, "-m", "benchmarks.catalogue", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def count(made, rows):
    ((found,),) = made.execute(f"SELECT count(*) FROM {rows}")
    return found
