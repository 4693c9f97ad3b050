"""A page of a ranking costs the page, shown by PostgreSQL's own plan for a catalogue of 100,000 films."""

import json

import pytest
from django.db import connection, models

from movies.models import Genre
from netflix.api.pagination import RowComparison
from netflix.tests.plans import buffers_of_generic, sweep
from ranking import services, statements
from ranking.models import Standing
from ranking.selectors import Board

pytestmark = pytest.mark.slow

MOVIES = 100_000
PAGE = 20

_MOVIES = """
    INSERT INTO movies_genre (name) SELECT 'Genre ' || n FROM generate_series(1, 20) AS n;
    INSERT INTO movies_movie (title, title_key, director_key, year, description, certificate, imdb_rating, imdb_votes,
                              source, source_id)
    SELECT 'Film ' || n, 'film ' || n, '', 2010, '', '', n %% 101 / 10.0, n %% 7919, 'test', n::text
      FROM generate_series(1, %s) AS n;
    INSERT INTO movies_moviegenre (movie_id, genre_id)
    SELECT movie.id, genre.id FROM movies_movie AS movie JOIN movies_genre AS genre
        ON (genre.id %% 20) IN (movie.id %% 20, movie.id * 7 %% 20)
"""


@pytest.fixture
def catalogue(db):
    sweep()
    with connection.cursor() as cursor:
        cursor.execute(_MOVIES, [MOVIES])
    services.recompute_after_load()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE movies_movie, movies_moviegenre, movies_likecount, ranking_standing")


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def plan_of(rows):
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
        plan = cursor.fetchone()[0]
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


BOARDS = [Board("likes"), Board("rating"), *(Board("trending", window) for window in ("day", "week", "month"))]


def test_it_reads_no_more_of_an_index_than_the_page(catalogue):
    genre = Standing.objects.exclude(genre=None).values_list("genre", flat=True).first()
    assert Standing.objects.filter(genre=genre).count() >= 5000
    for board in BOARDS:
        index = {"likes": "likes", "rating": "rating"}.get(board.by, board.window)
        for genre_id, name in ((genre, f"standing_genre_by_{index}"), (None, f"standing_all_by_{index}")):
            for page in (first_page(board, genre_id), later_page(board, genre_id)):
                assert_reads_the_page(list(nodes(plan_of(page))), name)
        assert_reads_no_more_when_it_is_prepared(board, Genre.objects.get(pk=genre).name)


def assert_reads_no_more_when_it_is_prepared(board, genre_name):
    for genre in (None, genre_name):
        for descending in (True, False):
            for start in (None, 3000):
                rows = board.rows(None).order_by(*(f"-{key}" for key in board.ordering.keys))
                values = () if start is None else tuple(rows[start][key] for key in board.ordering.keys)
                if not descending and not values:
                    continue  # nobody goes back from the start
                query = statements.ranked(board.ordering, genre)(values, descending, PAGE + 1)
                given = [f"'{value}'" if isinstance(value, str | float) else value for value in query.values]
                assert buffers_of_generic(query.statement.sql, given) <= 700  # about 24 for each film


def assert_reads_the_page(found, index):
    (standing,) = [node for node in found if node.get("Relation Name") == "ranking_standing"]
    assert (standing["Node Type"], standing.get("Index Name")) == ("Index Scan", index)
    assert standing["Actual Rows"] == PAGE + 1
    assert standing.get("Rows Removed by Filter", 0) == 0
    scanned = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    assert scanned <= {"movies_genre", "ranking_parameters"}
    assert max(node["Actual Rows"] for node in found) <= PAGE + 1


def first_page(board, genre, *conditions):
    keys = board.ordering.keys
    return board.rows(genre).filter(*conditions).order_by(*(f"-{key}" for key in keys))[: PAGE + 1]


def later_page(board, genre):
    """What the pagination asks for after 3,000 rows."""
    keys = board.ordering.keys
    row = board.rows(genre).order_by(*(f"-{key}" for key in keys))[3000]
    values = [models.Value(row[key]) for key in keys]
    return first_page(board, genre, RowComparison([models.F(key) for key in keys], "<", values))
