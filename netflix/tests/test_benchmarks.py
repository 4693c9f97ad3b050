import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings
from django.db import connection

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
    filled = subprocess.run(  # ourselves
        [sys.executable, "-m", "benchmarks.catalogue", "fill", str(MOVIES)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert filled.returncode == 0, filled.stderr
    with psycopg.connect(empty_database) as made:
        assert count(made, "movies_movie") == count(made, "movies_searchdocument") == MOVIES
        assert count(made, "ranking_like") == 5 * MOVIES
        assert count(made, "pg_indexes WHERE indexname = 'search_document_words'") == 1


def count(made, rows):
    ((found,),) = made.execute(f"SELECT count(*) FROM {rows}")
    return found
