"""One word for one thing, in identifiers: a film is a movie."""

import io
import re
import tokenize

from django.conf import settings

# The column of search words with the number of films that have one.
COLUMNS = {"films"}
FOLDERS = ("movies", "netflix", "ranking", "reminder", "support")


def test_it_calls_a_film_a_movie_in_every_identifier():
    found = set()
    for folder in FOLDERS:
        for file in (settings.BASE_DIR / folder).rglob("*.py"):
            if {"tests", "migrations"} & set(file.parts):
                continue
            tokens = tokenize.generate_tokens(io.StringIO(file.read_text()).readline)
            names = {token.string for token in tokens if token.type == tokenize.NAME}
            found |= {(file.name, name) for name in names - COLUMNS if re.search("film", name, re.IGNORECASE)}
    assert not found
