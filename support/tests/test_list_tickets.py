import pytest

from movies.tests.factories import make_movie
from support.states import Status
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
URL = "/api/v1/tickets/"


@pytest.mark.parametrize("count", [1, 15])
def test_it_lists_mine_newest_first_in_one_query(viewer, viewer_api, admin, count, django_assert_num_queries):
    mine = [make_ticket(viewer, f"Ticket {n}", movie_id=make_movie(f"Movie {n}").pk).number for n in range(count)]
    make_ticket(admin)
    with django_assert_num_queries(1):
        rows = viewer_api.get(URL).json()["results"]
    assert [row["number"] for row in rows] == mine[::-1]
    assert rows[-1].keys() == {"number", "status", "subject", "category", "movie", "created_at"}
    assert rows[-1]["movie"]["title"] == "Movie 0"


def test_it_shows_a_ticket_about_no_movie(viewer, viewer_api):
    make_ticket(viewer)
    assert viewer_api.get(URL).json()["results"][0]["movie"] is None


def test_it_goes_on_showing_a_ticket_whose_movie_was_removed(viewer, viewer_api):
    movie = make_movie()
    make_ticket(viewer, movie_id=movie.pk)
    movie.delete()
    assert viewer_api.get(URL).json()["results"][0]["movie"] is None


def test_it_pages_without_a_gap_while_tickets_are_opened(viewer, viewer_api):
    mine = [make_ticket(viewer).number for _ in range(5)]
    page = viewer_api.get(URL, {"page_size": 2}).json()
    seen = []
    while True:
        seen += [row["number"] for row in page["results"]]
        make_ticket(viewer)
        if page["next"] is None:
            break
        page = viewer_api.get(page["next"]).json()
    assert seen == mine[::-1]


@pytest.mark.parametrize("status", Status.values)
def test_it_filters_by_status(viewer, viewer_api, status):
    tickets = {wanted: make_ticket(viewer, status=wanted).number for wanted in Status}
    rows = viewer_api.get(URL, {"status": status}).json()["results"]
    assert [(row["number"], row["status"]) for row in rows] == [(tickets[status], status)]


def test_it_says_which_statuses_there_are(viewer_api):
    answer = viewer_api.get(URL, {"status": "lost"})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "status")
    assert error["detail"] == (
        "lost is not a status. Allowed: open, in_progress, waiting_for_customer, resolved, closed."
    )


def test_it_is_empty_for_somebody_without_tickets(viewer_api, admin):
    make_ticket(admin)
    answer = viewer_api.get(URL)
    assert (answer.status_code, answer.json()) == (200, {"next": None, "previous": None, "results": []})


def test_it_asks_for_a_login(api):
    assert api.get(URL).status_code == 401
