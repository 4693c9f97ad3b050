"""The examples that the schema shows are true: the service answers their requests like this.

`make docs` writes docs/examples/ and docs/api.md anew: it runs this file with WRITE_DOCS=1.
"""

import json
import os
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from knox.models import AuthToken

from netflix.documentation.examples import FOLDER
from netflix.tests.api_page import PAGE, rendered
from netflix.tests.story import told

IS_WRITING = os.environ.get("WRITE_DOCS") == "1"
OUTDATED = "Run `make docs`, and look at what it changes."
# What is another value each time, wherever it stands.
CHANGING = {
    r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)": "A MOMENT",
    r"\b[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}\b": "A NUMBER",
    r"cursor=[^\"&]+": "A CURSOR",
    r'"token": "[^"]+"': "A TOKEN",
}


@pytest.fixture
def examples(admin):
    call_command("import_movies", verbosity=0)
    call_command("create_demo_likes", verbosity=0)
    return told(AuthToken.objects.create(admin)[1])


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_it_answers_as_the_examples_say(examples):
    now = {f"{name}.json": json.dumps(each, indent=2, ensure_ascii=False) + "\n" for name, each in examples.items()}
    if IS_WRITING:
        write(now)
    stored = {file.name: file.read_text() for file in FOLDER.glob("*.json")}
    assert stored.keys() == now.keys(), OUTDATED
    for name, text in now.items():
        assert lasting(stored[name]) == lasting(text), OUTDATED


def test_it_lists_every_call_on_the_page(api):
    if IS_WRITING:
        PAGE.write_text(rendered())
    assert PAGE.read_text() == rendered(), OUTDATED


def write(now: dict[str, str]) -> None:
    """Only what has changed, so that moments and tokens do not change each time."""
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.json"):
        if file.name not in now:
            file.unlink()
    for name, text in now.items():
        file = Path(FOLDER, name)
        if not file.exists() or lasting(file.read_text()) != lasting(text):
            file.write_text(text)


def lasting(text: str) -> str:
    """What stays the same."""
    for pattern, name in CHANGING.items():
        text = re.sub(pattern, name, text)
    return text
