"""The file `.env`, as editors on any system may have saved it."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

from netflix.dotenv import DotenvError, read


@pytest.fixture
def dotenv(tmp_path):
    return tmp_path / ".env"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_it_reads_every_setting_with_and_without_a_byte_order_mark(dotenv, encoding):
    dotenv.write_text("FIRST=Zoë\n\n  # a comment\n#OFF=1\nLAST=2", encoding=encoding)
    assert read(dotenv) == {"FIRST": "Zoë", "LAST": "2"}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=", ""),
        ("X=1\r", "1"),
        ("X=1  ", "1"),
        ("  X=1", "1"),
        ("export X=1", "1"),
        ("X=a=b#c", "a=b#c"),
        ("X='a # b'", "a # b"),
        ('X="a # b"', "a # b"),
        ("X=''", ""),
        (r'X="a \"b\" \\ c"', r'a "b" \ c'),
        (r"X='a\b'", r"a\b"),
        ("X=it's", "it's"),
        ("X='$HOME'", "$HOME"),
        (r"X=a\b", r"a\b"),
    ],
)
def test_it_reads_a_value_as_docker_compose_does(dotenv, line, value):
    dotenv.write_text(f"{line}\nY=2\n", newline="")
    assert read(dotenv) == {"X": value, "Y": "2"}


@pytest.mark.parametrize(
    "line",
    ["secret", "X =secret", "X= secret", "X: secret", "1X=secret", "=secret", "X=secret # why", "X='secret", 'X="secret"s',
     'X="secret" # why', "export", r'X="secret\"', "X=$secret", 'X="$secret"', r'X="\secret"'],
)  # fmt: skip
def test_it_names_a_line_that_is_no_setting_and_shows_nothing_of_it(dotenv, line):
    dotenv.write_text(f"A=1\n{line}\n")
    with pytest.raises(DotenvError) as caught:
        read(dotenv)
    assert str(caught.value).startswith(f"Line 2 of {dotenv} is not a setting. Write NAME=value")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_it_asks_for_utf_8(dotenv, encoding):
    dotenv.write_text("NAME=Zoë\n", encoding=encoding)
    with pytest.raises(DotenvError) as caught:
        read(dotenv)
    assert str(caught.value) == f"{dotenv} is not in UTF-8. Save it again in this encoding."


def test_it_needs_no_file(dotenv):
    assert read(dotenv) == {}


def test_it_says_why_it_cannot_read_the_file(dotenv):
    dotenv.mkdir()
    with pytest.raises(DotenvError, match="cannot be read: Is a directory"):
        read(dotenv)
    dotenv.rmdir()
    dotenv.symlink_to(dotenv)
    with pytest.raises(DotenvError, match="cannot be read: Too many levels of symbolic links"):
        read(dotenv)


def test_it_reads_the_example_of_the_project():
    assert read(settings.BASE_DIR / ".env.example") == {"POSTGRES_PASSWORD": ""}


@pytest.mark.slow
def test_it_stops_whatever_starts_and_lets_the_environment_win(tmp_path):
    shutil.copytree(settings.BASE_DIR / "netflix", tmp_path / "netflix", ignore=shutil.ignore_patterns("__pycache__"))
    show = "from netflix.environment import *; print(integer('TOKEN_HOURS', default=1), boolean('DEBUG', default=True))"

    def run(*command, **environment):
        return subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env={"PATH": os.environ["PATH"]} | environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    (tmp_path / ".env").write_text("DEBUG=off\r\nTOKEN_HOURS=5\r\n", encoding="utf-8-sig")
    assert run("-c", show).stdout == "5 False\n"
    assert run("-c", show, TOKEN_HOURS="7").stdout == "7 False\n"
    (tmp_path / ".env").write_text("DEBUG=off\n", encoding="utf-16")
    for command in (("-c", show), ("-m", "netflix.embedded", "true"), ("-m", "netflix.embedded", "--missing")):
        ended = run(*command)
        assert ended.returncode == 1
        assert f"{tmp_path / '.env'} is not in UTF-8." in ended.stderr.splitlines()[-1]
