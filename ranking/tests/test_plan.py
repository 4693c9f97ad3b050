"""PostgreSQL reads only the rows of the page for a page of a ranking, here in a catalogue of 20,000 films."""

import pytest
from django.db import connection, models
from django.test import RequestFactory

from movies.models import Genre
from netflix.api import pagination
from netflix.tests.plans import plan_of_query, use_empty_tables
from ranking import services
from ranking.lists import RankingList
from ranking.models import Standing
from ranking.selectors import Board

pytestmark = pytest.mark.slow

MOVIES = 20_000
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
    use_empty_tables()
    with connection.cursor() as cursor:
        cursor.execute(_MOVIES, [MOVIES])
        cursor.execute("ANALYZE movies_movie, movies_moviegenre, movies_likecount")
    services.recompute_after_load()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ranking_standing")


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


BOARDS = [Board("likes"), Board("rating"), *(Board("trending", window) for window in ("day", "week", "month"))]


def test_it_reads_no_more_of_an_index_than_the_page(catalogue):
    by_genre = Standing.objects.exclude(genre=None).values_list("genre").annotate(movies=models.Count("pk"))
    genre, movies = by_genre.order_by("-movies", "genre").first()
    assert movies == MOVIES // 10
    for board in BOARDS:
        index = {"likes": "likes", "rating": "rating"}.get(board.by, board.window)
        for genre_id, name in ((genre, f"standing_genre_by_{index}"), (None, f"standing_all_by_{index}")):
            for page in ("", f"&cursor={later(board, genre_id)}", f"&cursor={later(board, genre_id, backwards=True)}"):
                assert_reads_the_page(plan_of_page(board, genre_id, page), name)


def plan_of_page(board, genre_id, page):
    """The nodes of the plan of the query that reads a page of the ranking."""
    name = f"&genre={Genre.objects.get(pk=genre_id).name}" if genre_id else ""
    window = f"&window={board.window}" if board.decays else ""
    steps = RankingList().read(RequestFactory().get(f"/api/v1/ranking/?by={board.by}{window}{name}{page}"))
    step = next(steps)
    while not hasattr(step, "statement"):
        step = steps.send(step.run())
    plan = plan_of_query(step)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 700  # about 24 for each film
    return list(nodes(plan))


def assert_reads_the_page(nodes_of_plan, index):
    (standing,) = [node for node in nodes_of_plan if node.get("Relation Name") == "ranking_standing"]
    assert (standing["Node Type"], standing.get("Index Name")) == ("Index Scan", index)
    assert standing["Actual Rows"] == PAGE + 1
    assert standing.get("Rows Removed by Filter", 0) == 0
    scanned = {node["Relation Name"] for node in nodes_of_plan if node["Node Type"] == "Seq Scan"}
    assert scanned <= {"movies_genre", "ranking_parameters"}
    assert max(node["Actual Rows"] for node in nodes_of_plan) <= PAGE + 1


def later(board, genre_id, *, backwards=False):
    """A cursor to the page after 1,000 rows."""
    keys = board.ordering.keys
    rows = Standing.objects.filter(genre=genre_id).annotate(_id=-models.F("movie"))
    values = rows.order_by(*(f"-{key}" for key in keys)).values_list(*keys)[1000]
    return pagination.sign_cursor(board.ordering.name, backwards, 1000, *values)
