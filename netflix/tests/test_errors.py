import pytest
from structlog.testing import capture_logs

from movies import selectors


def test_it_answers_unknown_api_addresses_as_problems(api):
    answer = api.get("/api/v1/nothing-here/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail", "request_id"} == set(answer.json())


def test_it_leaves_pages_for_people_to_django(api):
    answer = api.get("/nothing-here/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_it_answers_a_method_that_is_not_there_as_a_problem(api):
    answer = api.put("/api/v1/genres/", {})
    assert answer.status_code in (401, 405)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_it_gives_the_request_id_that_the_log_has(api):
    with capture_logs() as logs:
        answer = api.get("/api/v1/movies/?page_size=0")
    assert answer.json()["request_id"]
    assert any(entry["event"] == "request_finished" for entry in logs)


@pytest.mark.django_db
def test_it_hides_what_went_wrong_inside(api, monkeypatch):
    def crash():
        raise RuntimeError("a secret")

    monkeypatch.setattr(selectors, "movies", crash)
    answer = api.get("/api/v1/movies/")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert "secret" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/api/v1/movies/", "/api/v1/movies/?genre=Nope", "/api/v1/movies/99/", "/api/v1/genres/", "/api/v1/"]
)
def test_it_shows_pages_to_a_browser(api, path):
    answer = api.get(path, headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"].startswith("text/html")


def test_it_refuses_a_nul_byte_in_the_path(api):
    answer = api.get("/api/v1/movies/%00/")
    assert (answer.status_code, answer.json()["code"]) == (400, "nul_byte")
