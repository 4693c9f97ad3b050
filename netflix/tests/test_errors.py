import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from structlog.testing import capture_logs

from movies.tests.factories import make_movie
from netflix.hot.lists import KeysetList


def test_it_answers_unknown_api_addresses_as_problems(api):
    answer = api.get("/api/v1/nothing-here/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail", "request_id"} == set(answer.json())


def test_it_answers_browsers_with_a_page(api):
    answer = api.get("/nothing-here/", headers={"Accept": "text/html"})
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
    def crash(*arguments):
        raise RuntimeError("a secret")

    monkeypatch.setattr(KeysetList, "page_request", crash)
    with capture_logs() as logs:
        answer = api.get("/api/v1/movies/")
    assert [entry["code"] for entry in logs if entry["event"] == "request_failed"] == [500]
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


@contextmanager
def impatience():
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'; SET statement_timeout = '500ms'")
    try:
        yield
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_it_answers_503_when_a_lock_does_not_come(curator_api):
    movie = make_movie("Heat")
    holder = connections.create_connection("default")
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN; SELECT FROM movies_movie FOR UPDATE")
            with impatience():
                answer = curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"title": "Cold"})
    finally:
        holder.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "5"
    movie.refresh_from_db()
    assert movie.title == "Heat"


@pytest.mark.django_db(transaction=True)
def test_it_answers_503_when_a_statement_takes_too_long(api, monkeypatch):
    def slow():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    monkeypatch.setattr(KeysetList, "page_request", lambda *_: slow())
    with impatience():
        answer = api.get("/api/v1/movies/")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.django_db(transaction=True)
def test_it_answers_503_when_the_database_can_only_be_read(curator_api):
    movie = make_movie("Heat")
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")  # as on a standby that is to be promoted
    with capture_logs() as logs:
        answers = [
            curator_api.patch(f"/api/v1/movies/{movie.pk}/", {"title": "Cold"}),
            curator_api.put(f"/api/v1/movies/{movie.pk}/like/"),
        ]
    connection.close()
    assert [entry["code"] for entry in logs if entry["event"] == "request_failed"] == [503, 503]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "unavailable")] * 2
    movie.refresh_from_db()
    assert movie.title == "Heat"


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.django_db
def test_it_answers_503_while_the_database_is_away(api, client, monkeypatch, error):
    def away(*arguments):
        raise error("the password is hunter2")

    monkeypatch.setattr(KeysetList, "page_request", away)
    with capture_logs() as logs:
        answer = api.get("/api/v1/movies/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert [entry["code"] for entry in logs if entry["event"] == "request_failed"] == [503]
    assert "hunter2" not in answer.content.decode()
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/admin/").status_code == 503


@pytest.mark.slow
def test_it_gives_no_request_more_than_five_seconds_and_one_process_of_the_database():
    names = ("statement_timeout", "lock_timeout", "jit", "max_parallel_workers_per_gather")
    program = (
        "import netflix.wsgi; from django.db import connection; c = connection.cursor(); "
        f"[print(c.execute(f'SHOW {{name}}').fetchone()[0]) for name in {names}]"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["5s", "2500ms", "off", "0"]


def test_it_gives_up_a_database_whose_machine_is_gone(db):
    given = connection.connection.info.get_parameters()
    longest = int(given["keepalives_idle"]) + int(given["keepalives_interval"]) * int(given["keepalives_count"])
    assert longest <= 10  # seconds
    assert (given["tcp_user_timeout"], given["connect_timeout"]) == ("10000", "10")
