"""The examples that the schema shows are true: the service answers their requests like this.

`make docs` writes docs/examples/ and docs/api.md anew: it runs this file with WRITE_DOCS=1.
"""

import json
import os
import re
import shutil

import pytest
from django.core.management import call_command
from knox.models import AuthToken

from netflix.documentation.examples import FOLDER
from netflix.tests.api_page import PAGE, rendered
from netflix.tests.story import make_examples

IS_WRITING = os.environ.get("WRITE_DOCS") == "1"
OUTDATED = "Run `make docs`, and look at what it changes."
# Patterns of values that differ each time, and the values that the examples show.
CHANGING = {
    r"(?!2099|2024|2023)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z": "2026-11-28T19:15:00.402871Z",  # the present
    r'"expiry": "[^"]+"': '"expiry": "2026-12-12T19:15:00.402871Z"',
    r"cursor=[\w%-]+": "cursor=WyJpZCIsZmFsc2UsMiwiMiJd%3AlrB0",
    r"/attachments/[\w-]{22}/": "/attachments/q3Jx8VtF0c1mYk2LwZb7dA/",
    r"/posters/[0-9a-f]{32}": "/posters/5f0c8ad1e27b4963b1d4c07e9a2f3b68",
    r'"token": "[^"]+"': '"token": "b6a1c4e0f4d54f0f8a5b8c1d3e2f90715c6d"',
    r'"request_id": "[^"]+"': '"request_id": "6f1c1a52-7a0e-4b0c-9f6e-2d8f0c4b9a17"',
}
NUMBER = r"\b[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}\b"
NUMBERS = ["7KQ-M2X-9RP", "4TB-9WN-C6D"]  # of a ticket, and of its service order


@pytest.fixture
def examples(admin, poster_files):
    call_command("import_movies", verbosity=0)
    call_command("create_demo_likes", verbosity=0)
    return make_examples(AuthToken.objects.create(admin)[1])


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_it_answers_as_the_examples_say(examples):
    now = {f"{name}.json": shown(each) for name, each in examples.items()}
    if IS_WRITING:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        for name, text in now.items():
            (FOLDER / name).write_text(text)
    assert {file.name: file.read_text() for file in FOLDER.glob("*.json")} == now, OUTDATED


def test_it_lists_every_call_on_the_page(api):
    if IS_WRITING:
        PAGE.write_text(rendered())
    assert PAGE.read_text() == rendered(), OUTDATED


def shown(examples: object) -> str:
    text = json.dumps(examples, indent=2, ensure_ascii=False) + "\n"
    for pattern, value in CHANGING.items():
        text = re.sub(pattern, value, text)
    for number, value in zip(dict.fromkeys(re.findall(NUMBER, text)), NUMBERS, strict=False):
        text = text.replace(number, value)
    return text
