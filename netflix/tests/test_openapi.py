"""GET /api/schema/"""

import json

import pytest

URL = "/api/schema/"
JSON = "application/vnd.oai.openapi+json"


@pytest.mark.parametrize("accept", ["*/*", "application/yaml", "application/json", JSON])
def test_it_makes_the_document_once(client, monkeypatch, accept):
    first = client.get(URL, headers={"Accept": accept})
    assert first.status_code == 200
    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", None)
    again = client.get(URL, headers={"Accept": accept})
    assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])


def test_it_tells_yaml_from_json(client):
    as_yaml, as_json = (client.get(URL, headers={"Accept": accept}) for accept in ("application/yaml", JSON))
    assert as_yaml.content.startswith(b"openapi: 3.1.0")
    assert json.loads(as_json.content)["openapi"] == "3.1.0"
    assert as_yaml.headers["ETag"] != as_json.headers["ETag"]
    assert "Accept" in as_json.headers["Vary"]


def test_it_says_that_nothing_has_changed(client):
    first = client.get(URL, headers={"Accept": JSON})
    again = client.get(URL, headers={"Accept": JSON, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
