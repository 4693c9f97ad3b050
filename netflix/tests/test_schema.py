import json
from collections import Counter

import pytest

from netflix.tests import contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(api):
    return api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()


def test_it_describes_every_parameter_of_the_list(schema):
    names = {parameter["name"] for parameter in schema["paths"]["/api/v1/movies/"]["get"]["parameters"]}
    assert names == {
        "q", "genre", "year", "year_min", "year_max", "rating_min", "votes_min", "runtime_max", "person", "certificate", "country",
        "language", "liked", "watched", "reminder", "ordering", "cursor", "page_size", "fields", "include",
    }  # fmt: skip


def test_it_gives_whole_numbers_for_filters_that_refuse_decimals(schema):
    types = {each["name"]: each["schema"] for each in schema["paths"]["/api/v1/movies/"]["get"]["parameters"]}
    whole = ("year", "year_min", "year_max", "votes_min", "runtime_max")
    assert {types[name]["type"] for name in whole} == {"integer"}


def operations(schema):
    return [(path, method, operation) for path, item in schema["paths"].items() for method, operation in item.items()]


def test_it_says_beside_each_operation_which_errors_are_its_own(schema):
    for path, _, operation in operations(schema):
        refused = {status for status in operation["responses"] if status >= "400"}
        assert "default" in refused
        assert ("404" in refused) == ("{" in path)
        assert not refused & {"400", "405", "406", "408", "411", "413", "415", "429", "503"}  # from anywhere
        for status in refused:
            response = operation["responses"][status]
            if "$ref" in response:
                response = schema["components"]["responses"][response["$ref"].rpartition("/")[2]]
            assert list(response["content"]) == ["application/problem+json"]
            assert "`" in response["description"]  # names a code


def test_it_takes_json_alone_but_for_files(schema):
    bodies = {path: operation["requestBody"] for path, _, operation in operations(schema) if "requestBody" in operation}
    for path in ("/api/v1/tickets/{number}/attachments/", "/api/v1/movies/{movie_id}/poster/"):
        assert list(bodies.pop(path)["content"]) == ["multipart/form-data"]
    assert len(bodies) > 10
    assert all(list(body["content"]) == ["application/json"] for body in bodies.values())


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


def test_it_describes_each_operation_in_words_of_its_own(schema):
    summaries, descriptions = (
        Counter(operation.get(name, "") for *_, operation in operations(schema)) for name in ("summary", "description")
    )
    assert [text for text in summaries if not 0 < len(text) < 60 or text.endswith(".")] == []
    assert [text for text in descriptions if not text.endswith(".")] == []
    assert [text for text, times in (summaries + descriptions).items() if times > 1] == []


def test_it_describes_every_parameter_and_every_field(schema):
    """By `help_text` of a serializer's or a filter's field, or in `_PATH_PARAMETERS` (netflix/documentation/schema.py)."""
    silent = [
        f"{method} {path} {parameter['name']}"
        for path, method, operation in operations(schema)
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    silent += [
        f"{name}.{field}"
        for name, component in schema["components"]["schemas"].items()
        for field, shape in component.get("properties", {}).items()
        if not shape.get("description")
    ]
    assert silent == []


def test_it_says_of_which_type_every_parameter_is(schema):
    for path, _, operation in operations(schema):
        for parameter in operation.get("parameters", []):
            assert {"type", "$ref"} & parameter["schema"].keys(), (path, parameter)


def test_it_puts_each_operation_under_a_tag_that_says_what_it_is_for(schema):
    tags = [tag["name"] for tag in schema["tags"]]
    assert {tag for *_, operation in operations(schema) for tag in operation["tags"]} <= set(tags)
    assert all(tag["description"] for tag in schema["tags"])


def test_it_has_an_example_of_each_operation(schema):
    """`make docs` makes them of the requests in netflix/tests/story.py."""
    for path, method, operation in operations(schema):
        assert operation.get("x-codeSamples"), f"{method} {path}: netflix/tests/story.py does not call it"
        body = {"body": operation["requestBody"]} if "requestBody" in operation else {}
        silent = {name for name, part in (operation["responses"] | body).items() if not has_example(part)}
        assert len(silent) <= len({"200", "201"} & silent) <= 1, (path, method, silent)  # a PUT may answer with both
    assert all(has_example(part) for part in schema["components"]["responses"].values())


def has_example(part):
    contents = part.get("content", {}).items()
    return all("examples" in content for media_type, content in contents if "json" in media_type)


def test_its_examples_are_what_it_promises(schema):
    shown = 0
    for *_, operation in operations(schema):
        shared = schema["components"]["responses"].values()
        parts = [*operation["responses"].values(), operation.get("requestBody", {}), *shared]
        for media_type in (each for part in parts for each in part.get("content", {}).values()):
            validator = contract.validator_of(json.dumps(media_type["schema"]))
            for example in media_type.get("examples", {}).values():
                assert list(validator.iter_errors(example["value"])) == []
                shown += 1
    assert shown > 30
