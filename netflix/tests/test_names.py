"""One word for one thing, in identifiers and in SQL: a film is a movie."""

import io
import re
import tokenize

from django.conf import settings

FOLDERS = ("movies", "netflix", "ranking", "reminder", "support")
SQL = re.compile(r"\b(SELECT|FROM|INSERT|UPDATE|DELETE|WITH)\b")
COMMENT = re.compile(r"--.*|#.*")


def files(pattern):
    for folder in FOLDERS:
        for file in (settings.BASE_DIR / folder).rglob(pattern):
            if not {"tests", "migrations"} & set(file.parts):
                yield file


def code_of(file):
    """The identifiers and the texts of SQL in a Python file, without docstrings and comments."""
    previous = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(file.read_text()).readline):
        is_docstring = previous in (tokenize.NEWLINE, tokenize.INDENT, tokenize.NL)
        if token.type == tokenize.NAME or (
            token.type == tokenize.STRING and SQL.search(token.string) and not is_docstring
        ):
            yield token.string
        previous = token.type


def test_it_calls_a_film_a_movie_in_every_identifier():
    code = [(file.name, text) for file in files("*.py") for text in code_of(file)]
    code += [(file.name, file.read_text()) for file in files("*.sql")]
    assert len(code) > 10_000
    assert not [(name, text) for name, text in code if re.search("film", COMMENT.sub("", text), re.IGNORECASE)]
