"""What nobody knows is refused, and the refusal names what is known."""

import pytest

from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("movies/", "q, genre, year, year_min"),
        ("genres/", "cursor, page_size"),
        ("ranking/", "genre, by, window, explain, cursor, page_size"),
        ("likes/", "cursor, page_size"),
        ("reminders/", "ordering, cursor, page_size"),
        ("watched/", "cursor, page_size"),
        ("notices/", "cursor, page_size"),
        ("tickets/", "status, cursor, page_size"),
        ("auth/logins/", "cursor, page_size"),
        ("auth/me/", "none"),
        ("", "none"),
    ],
)
def test_it_refuses_an_unknown_parameter(viewer_api, address, known):
    answer = viewer_api.get(f"/api/v1/{address}?gnere=Drama")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("gnere", "unknown")
    assert f"Known: {known}" in error["detail"]


def test_it_refuses_an_unknown_parameter_of_one_thing(api):
    answer = api.get(f"/api/v1/movies/{make_movie().pk}/?fields=title")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "fields")


@pytest.mark.parametrize("way", ["query", "body"])
def test_it_is_not_confused_by_the_names_of_its_own_errors(viewer_api, way):
    if way == "query":
        answer = viewer_api.get("/api/v1/movies/?message=1&code=2")
    else:
        answer = viewer_api.put(f"/api/v1/movies/{make_movie().pk}/like/", {"message": 1, "code": 2})
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {
        "message": "unknown",
        "code": "unknown",
    }


def test_it_adds_from_a_page_that_is_filtered(curator_api):
    """The browsable API posts to the address that it shows."""
    make_movie(genres=("Crime",))
    answer = curator_api.post("/api/v1/movies/?genre=Crime", {"title": "Heat", "year": 1995, "genres": ["Crime"]})
    assert answer.status_code == 201


def test_it_names_unknown_fields_beside_what_else_is_wrong(viewer_api):
    movie = make_movie()
    viewer_api.put(f"/api/v1/reminders/{movie.pk}/", {"remind_at": "2030-01-01T00:00:00Z"})
    answer = viewer_api.put(f"/api/v1/reminders/{movie.pk}/", {"remind_on": "2031-01-01T00:00:00Z", "note": "x" * 5000})
    assert answer.status_code == 400
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {
        "remind_on": "unknown", "note": "max_length",
    }  # fmt: skip
    assert "Known: remind_at, note." in answer.json()["errors"][0]["detail"]
    assert viewer_api.get(f"/api/v1/reminders/{movie.pk}/").json()["remind_at"] == "2030-01-01T00:00:00Z"


def test_it_takes_the_lists_of_a_form(curator_api):
    make_movie(genres=("Crime",))
    form = {"title": "Heat", "year": "1995", "genres[0]": "Crime", "csrfmiddlewaretoken": "x"}
    assert curator_api.post("/api/v1/movies/", form, format="multipart").status_code == 201


def test_it_stays_short_however_much_is_unknown(viewer_api):
    answer = viewer_api.put(f"/api/v1/reminders/{make_movie().pk}/", {f"{n}" * 500: n for n in range(500)})
    assert answer.status_code == 400
    assert len(answer.content) < 6000
