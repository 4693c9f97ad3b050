"""How many rows PostgreSQL reads for a batch of an import: it depends on the batch, not on the size of the catalogue."""

from itertools import product

import pytest
from django.db import connection, transaction

from movies import search
from movies.importing.dry_run import shadow_tables
from movies.importing.identity import staged
from movies.importing.run import BATCH_SIZE
from movies.importing.storing import store
from movies.models import ImportRun, Movie, SourceRow
from movies.tests.test_import_rows import batch_of, movie_row
from netflix.tests.plans import use_empty_tables

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

MOVIES = 60_000
BATCH = BATCH_SIZE
# Each row looks its own genres, people and credits up, a few times, and the films of people who are spelled anew: a whole
# table is 60,000 rows at least.
MAX_ROWS = 50 * BATCH

GENERATE = """
    INSERT INTO movies_genre (name) SELECT 'Genre ' || n FROM generate_series(1, 20) AS n;
    INSERT INTO movies_person (name, name_key) SELECT 'Person ' || n, 'person ' || n FROM generate_series(1, 60000) AS n;
    INSERT INTO movies_movie (title, title_key, director_key, year, description, certificate, runtime_minutes,
                              imdb_rating, imdb_votes, source, source_id, edited)
    SELECT 'Film ' || n, 'film ' || n, 'person ' || n %% 60000 + 1, 1950 + n %% 70, 'A film about ' || n, 'PG', 100,
           7.1, n, 'generated', '', '{}'
      FROM generate_series(1, %(movies)s) AS n;
    INSERT INTO movies_moviegenre (movie_id, genre_id)
    SELECT movie.id, genre.id
      FROM movies_movie AS movie JOIN movies_genre AS genre ON (movie.id + genre.id) %% 8 = 0;
    INSERT INTO movies_credit (movie_id, person_id, role, billing)
    SELECT movie.id, (SELECT min(id) FROM movies_person) + (movie.imdb_votes * 7 + billing * 11) %% 60000,
           CASE billing WHEN 0 THEN 'director' ELSE 'cast' END, greatest(billing, 1)
      FROM movies_movie AS movie, generate_series(0, 4) AS billing;
    INSERT INTO movies_sourcerow (source, key, movie_id, gives)
    SELECT 'generated', 'film ' || imdb_votes, id, '{title,year,genres,directors,actors}' FROM movies_movie;
    INSERT INTO movies_externalid (name, movie_id) SELECT 'imdb:tt' || imdb_votes, id FROM movies_movie;
    INSERT INTO movies_personalias (name_key, person_id)
    SELECT 'alias ' || n, (SELECT min(id) FROM movies_person) + n - 1 FROM generate_series(1, 60000) AS n;
    INSERT INTO movies_searchword (word, movies) SELECT 'word' || n, 1 FROM generate_series(1, 60000) AS n;
    ANALYZE movies_movie, movies_moviegenre, movies_genre, movies_credit, movies_person, movies_sourcerow,
            movies_searchword, movies_externalid, movies_personalias
"""


@pytest.fixture
def catalogue():
    use_empty_tables()
    with connection.cursor() as cursor:
        cursor.execute(GENERATE, {"movies": MOVIES})


def new_movies():
    return staged(batch_of([
        movie_row(f"New film {n}", genres=("Genre 1", "Genre 2"), directors=(f"Person {n}",),
                  actors=(f"Person {n + 1}", f"Alias {n + 2}", f"Somebody {n}"))
        for n in range(1, BATCH + 1)
    ]))  # fmt: skip


def known_movies():
    """As another source has them: with ids, other genres and credits, and people spelled with an accent."""
    return staged(batch_of([
        movie_row(f"Film {n}", year=1950 + n % 70, ids=(f"imdb:tt{n}", f"tmdb:{n}"), genres=("Genre 1", "Genre 2"),
                  directors=(f"Person {n + 1}",), actors=(f"P\u00e9rson {n + 2}", f"Alias {n + 3}", f"Somebody {n}"))
        for n in range(1, BATCH + 1)
    ]))  # fmt: skip


def rows_read():
    """By table, the number of rows that this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()"
        )
        return dict(cursor.fetchall())


def read_in_excess_by(work):
    before = rows_read()
    work()
    read = {table: rows - before.get(table, 0) for table, rows in rows_read().items()}
    return {table: rows for table, rows in read.items() if rows > MAX_ROWS}


def as_first(work):
    """Undo the work afterwards, so that the next one has the same catalogue, which takes long to generate."""
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


def reads_no_more_on_a_dry_run(movies):
    with shadow_tables():
        assert read_in_excess_by(lambda: store(movies, source="file", dry_run=True)) == {}
    store(movies, source="file")
    with shadow_tables():
        assert read_in_excess_by(lambda: store(movies, source="file", dry_run=True)) == {}


def reads_no_more(movies):
    run = ImportRun.objects.create(source="file").pk
    assert read_in_excess_by(lambda: store(movies, source="file", run=run)) == {}
    assert read_in_excess_by(lambda: store(movies, source="file", run=run)) == {}  # when they are known
    ids = list(SourceRow.objects.filter(source="file").values_list("movie", flat=True))
    assert len(ids) == BATCH
    assert read_in_excess_by(lambda: search.index(ids)) == {}
    Movie.objects.filter(pk__in=ids).update(description="Another story.")
    assert read_in_excess_by(lambda: search.index(ids)) == {}
    assert read_in_excess_by(lambda: search.remove_document(ids[0])) == {}


@pytest.mark.usefixtures("catalogue")
def test_it_reads_no_more_than_the_batch_has_to_do_with():
    for check, movies in product((reads_no_more_on_a_dry_run, reads_no_more), (new_movies(), known_movies())):
        as_first(lambda: check(movies))  # noqa: B023  # it runs at once
