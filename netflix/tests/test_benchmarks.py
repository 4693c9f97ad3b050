"""The benchmarks' own catalogue, and the peers that need no packages besides the product's."""

from contextlib import ExitStack

import pytest

from benchmarks import agreement, facts
from benchmarks.databases import Database
from benchmarks.scenarios import Scenarios
from benchmarks.servers import PRODUCT, running

MOVIES = 200
OWN_LISTS = (
    "SELECT user_id, movie_id FROM ranking_like WHERE user_id > (SELECT max(id) - 20 FROM accounts_user) ORDER BY id",
    "SELECT user_id, movie_id, note, remind_at, created_at FROM reminder_reminder ORDER BY id",
    """
    SELECT user_id, movie_id, last_watched_at, (SELECT max(watched_at) FROM reminder_viewing WHERE watched_id = list.id)
      FROM reminder_watched AS list ORDER BY id
    """,
)


@pytest.fixture
def database():
    """A catalogue that was filled for this test."""
    database = Database(MOVIES)
    database.drop()
    database.make()
    yield database
    database.drop()


def count(database, rows):
    ((number,),) = database.rows(f"SELECT count(*) FROM {rows}")
    return number


@pytest.mark.slow
def test_it_fills_a_catalogue_on_which_product_and_peers_agree(database):
    assert count(database, "movies_movie") == count(database, "movies_searchdocument") == MOVIES
    assert count(database, "ranking_like") == 5 * MOVIES
    assert count(database, "pg_indexes WHERE indexname = 'search_document_words'") == 1
    logins, lists = [], []
    for _ in range(2):
        logins.append(database.logins())
        lists.append([database.rows(query) for query in OWN_LISTS])
    assert lists[0] == lists[1]
    assert [len(rows) for rows in lists[0]] == [facts.READERS * 60] * 3
    assert len(logins[1].viewers) == facts.VIEWERS
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(name, database)) for name in (PRODUCT, "modelviewset", "model_serializer")
        ]
        agreement.check(Scenarios(database, logins[1]), servers)
    assert database.drift() == 0
