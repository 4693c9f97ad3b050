import json

import pytest

from netflix.tests import contract

pytestmark = pytest.mark.django_db
WITHOUT_A_LOGIN = {
    f"/api/v1/auth/{name}/" for name in ("register", "verify-email", "password/reset", "password/reset/confirm")
}


@pytest.fixture
def schema(api):
    return api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()


def test_it_describes_every_operation_of_the_api(schema):
    operations = {(method, path) for path, item in schema["paths"].items() for method in item}
    assert operations == {
        ("get", "/api/v1/movies/"),
        ("get", "/api/v1/movies/suggest/"),
        ("post", "/api/v1/movies/"),
        ("get", "/api/v1/movies/{movie_id}/"),
        ("patch", "/api/v1/movies/{movie_id}/"),
        ("delete", "/api/v1/movies/{movie_id}/"),
        ("post", "/api/v1/movies/{movie_id}/merge/"),
        ("get", "/api/v1/people/"),
        ("get", "/api/v1/people/{person_id}/"),
        ("get", "/api/v1/genres/"),
        ("get", "/api/v1/movies/{movie_id}/like/"),
        ("put", "/api/v1/movies/{movie_id}/like/"),
        ("delete", "/api/v1/movies/{movie_id}/like/"),
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
        ("delete", "/api/v1/watched/{movie_id}/{play_id}/"),
        ("get", "/api/v1/notices/"),
        ("put", "/api/v1/notices/{notice_id}/seen/"),
        ("get", "/api/v1/tickets/"),
        ("post", "/api/v1/tickets/"),
        ("get", "/api/v1/tickets/{number}/"),
        ("post", "/api/v1/tickets/{number}/replies/"),
        ("post", "/api/v1/tickets/{number}/close/"),
        ("post", "/api/v1/tickets/{number}/reopen/"),
        ("post", "/api/v1/auth/register/"),
        ("post", "/api/v1/auth/verify-email/"),
        ("post", "/api/v1/auth/verify-email/send/"),
        ("get", "/api/v1/auth/me/"),
        ("delete", "/api/v1/auth/me/"),
        ("post", "/api/v1/auth/login/"),
        ("post", "/api/v1/auth/logout/"),
        ("get", "/api/v1/auth/logins/"),
        ("delete", "/api/v1/auth/logins/"),
        ("delete", "/api/v1/auth/logins/{login_id}/"),
        ("post", "/api/v1/auth/password/change/"),
        ("post", "/api/v1/auth/password/reset/"),
        ("post", "/api/v1/auth/password/reset/confirm/"),
        ("post", "/api/v1/auth/email/change/"),
    }


def test_it_describes_every_parameter_of_the_list(schema):
    names = {parameter["name"] for parameter in schema["paths"]["/api/v1/movies/"]["get"]["parameters"]}
    assert names == {
        "q", "genre", "year_min", "year_max", "rating_min", "votes_min", "runtime_max", "person", "certificate", "ordering",
        "cursor", "page_size",
    }  # fmt: skip


def operations(schema):
    return [(path, method, operation) for path, item in schema["paths"].items() for method, operation in item.items()]


def test_it_says_beside_each_operation_which_errors_can_come(schema):
    for path, method, operation in operations(schema):
        refused = {status for status in operation["responses"] if status >= "400"}
        assert {"400", "429", "503"} <= refused
        assert ("404" in refused) == ("{" in path)
        assert ("401" in refused) == (path not in WITHOUT_A_LOGIN)
        assert ("413" in refused) == (method in {"post", "put", "patch"})
        for status in refused:
            response = operation["responses"][status]
            if "$ref" in response:
                response = schema["components"]["responses"][response["$ref"].rpartition("/")[2]]
            assert list(response["content"]) == ["application/problem+json"]
            assert "`" in response["description"]  # names a code


def test_it_takes_json_alone(schema):
    bodies = [operation["requestBody"] for *_, operation in operations(schema) if "requestBody" in operation]
    assert len(bodies) == 14
    assert all(list(body["content"]) == ["application/json"] for body in bodies)


def test_it_offers_an_idempotency_key_for_every_post_with_a_login(schema):
    """Except for the logout: its token, with which it would be sent again, is gone. And for what has a password: the hash
    of a request that is kept would be one that guesses are quickly compared with.
    """
    without = ("/logout/", "/password/change/", "/email/change/")
    for path, method, operation in operations(schema):
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        expected = method == "post" and operation.get("security") and not path.endswith(without)
        assert ("Idempotency-Key" in names) == bool(expected), path


def test_it_requires_nothing_that_has_a_default(schema):
    for name, component in schema["components"]["schemas"].items():
        if name.endswith("Request"):
            assert not any("default" in field for field in component["properties"].values()), name


def test_it_gives_lists_of_texts_for_filters_that_may_be_repeated(schema):
    parameters = {
        parameter["name"]: parameter["schema"] for parameter in schema["paths"]["/api/v1/movies/"]["get"]["parameters"]
    }
    for name in ("genre", "certificate"):
        assert parameters[name] == {"type": "array", "items": {"type": "string"}}


def test_it_serves_the_docs_page_without_any_other_server(api):
    html = api.get("/api/docs/").content.decode()
    assert "swagger-ui" in html
    assert "cdn." not in html


def test_its_examples_are_what_it_promises(schema):
    shown = 0
    for operations in schema["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for media_type in answer.get("content", {}).values():
                    validator = contract.validator_of(json.dumps(media_type["schema"]))
                    for example in media_type.get("examples", {}).values():
                        assert list(validator.iter_errors(example["value"])) == []
                        shown += 1
    assert shown == 3
