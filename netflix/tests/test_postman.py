import json
import re
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[2] / "postman" / "netflix-backend.postman_collection.json"


def requests(items):
    for item in items:
        yield from requests(item["item"]) if "item" in item else [item]


@pytest.mark.django_db
def test_it_exercises_every_operation_of_the_api(api):
    schema = api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    collection = list(requests(json.loads(COLLECTION.read_text())["item"]))
    called = {
        (item["request"]["method"].lower(), re.sub(r"\{\{\w+\}\}", "x", item["request"]["url"].split("?")[0]))
        for item in collection
    }
    for path, operations in schema["paths"].items():
        address = "x" + re.sub(r"\{\w+\}", "x", path)
        for method in operations:
            assert (method, address) in called, f"the collection never calls {method.upper()} {path}"


def test_it_checks_every_answer():
    for item in requests(json.loads(COLLECTION.read_text())["item"]):
        script = "\n".join(item["event"][0]["script"]["exec"])
        assert "pm.response.to.have.status" in script, item["name"]
