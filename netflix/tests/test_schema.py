import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(api):
    return api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()


def test_it_describes_every_operation_of_the_api(schema):
    operations = {(method, path) for path, item in schema["paths"].items() for method in item}
    assert operations == {
        ("get", "/api/v1/movies/"),
        ("post", "/api/v1/movies/"),
        ("get", "/api/v1/movies/{id}/"),
        ("patch", "/api/v1/movies/{id}/"),
        ("delete", "/api/v1/movies/{id}/"),
        ("get", "/api/v1/genres/"),
        ("get", "/api/v1/movies/{id}/like/"),
        ("put", "/api/v1/movies/{id}/like/"),
        ("delete", "/api/v1/movies/{id}/like/"),
        ("get", "/api/v1/likes/"),
        ("get", "/api/v1/ranking/"),
        ("get", "/api/v1/reminders/"),
        ("get", "/api/v1/reminders/{movie_id}/"),
        ("put", "/api/v1/reminders/{movie_id}/"),
        ("delete", "/api/v1/reminders/{movie_id}/"),
        ("get", "/api/v1/watched/"),
        ("get", "/api/v1/watched/{movie_id}/"),
        ("put", "/api/v1/watched/{movie_id}/"),
        ("delete", "/api/v1/watched/{movie_id}/"),
        ("get", "/api/v1/notices/"),
        ("put", "/api/v1/notices/{id}/seen/"),
        ("get", "/api/v1/tickets/"),
        ("post", "/api/v1/tickets/"),
        ("get", "/api/v1/tickets/{number}/"),
        ("post", "/api/v1/tickets/{number}/replies/"),
        ("post", "/api/v1/tickets/{number}/close/"),
        ("post", "/api/v1/tickets/{number}/reopen/"),
        ("post", "/api/v1/auth/register/"),
        ("get", "/api/v1/auth/me/"),
        ("delete", "/api/v1/auth/me/"),
        ("post", "/api/v1/auth/login/"),
        ("post", "/api/v1/auth/logout/"),
    }


def test_it_describes_every_parameter_of_the_list(schema):
    names = {parameter["name"] for parameter in schema["paths"]["/api/v1/movies/"]["get"]["parameters"]}
    assert names == {
        "q", "genre", "year_min", "year_max", "rating_min", "runtime_max", "person", "certificate", "ordering",
        "cursor", "page_size",
    }  # fmt: skip


def test_it_promises_problem_details_for_errors(schema):
    for item in schema["paths"].values():
        for operation in item.values():
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_it_serves_the_docs_page_without_any_other_server(api):
    html = api.get("/api/docs/").content.decode()
    assert "swagger-ui" in html
    assert "cdn." not in html
