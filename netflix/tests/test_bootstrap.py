"""bootstrap.sh, with programs that only write down how they were called."""

import os
import shutil
import subprocess

import pytest
from django.conf import settings

PYTHON = """#!/bin/sh
echo "python $*" >> "$CALLS"
case "$*" in *"pip install"*uv) [ -n "$NO_UV" ] && exit 1; cp "$UV" .venv/bin/uv ;; esac
exit 0
"""
UV = """#!/bin/sh
echo "uv $*" >> "$CALLS"
echo "invalid peer certificate: UnknownIssuer" >&2
exit "$UV_ENDS"
"""


@pytest.fixture
def bootstrap(tmp_path):
    """Runs it in a folder of its own, and gives what it called, and how it ended."""
    folder = tmp_path / "project"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("bootstrap.sh", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(settings.BASE_DIR / name, folder)
    for path, text in ((folder / ".venv" / "bin" / "python", PYTHON), (tmp_path / "uv", UV)):
        path.write_text(text)
        path.chmod(0o755)

    def run(*arguments, **environment):
        calls = tmp_path / "calls"
        calls.write_text("")
        paths = {"CALLS": str(calls), "UV": str(tmp_path / "uv"), "UV_ENDS": "0", "NO_UV": "", "EMBEDDED_BINARIES": ""}
        ended = subprocess.run(
            ["./bootstrap.sh", *arguments], cwd=folder, env=os.environ | paths | environment, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        return calls.read_text(), ended

    return run


def by_pip(calls):
    return "pip install --quiet --disable-pip-version-check -r requirements.lock" in calls


def test_it_installs_by_uv_and_only_once(bootstrap):
    calls, ended = bootstrap("--install-only")
    assert ended.returncode == 0
    assert "uv pip install" in calls
    assert not by_pip(calls)
    assert "pip install" not in bootstrap("--install-only")[0]


def test_it_installs_by_pip_where_uv_cannot_fetch_and_says_so(bootstrap):
    calls, ended = bootstrap("--install-only", UV_ENDS="2")
    assert ended.returncode == 0, ended.stderr
    assert by_pip(calls)
    assert "uv cannot fetch them" in ended.stdout
    assert "pip install" not in bootstrap("--install-only", UV_ENDS="2")[0]


def test_it_installs_by_pip_where_there_is_no_uv(bootstrap):
    calls, ended = bootstrap("--install-only", NO_UV="1")
    assert ended.returncode == 0
    assert by_pip(calls)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bootstrap.sh", "b"), "what is 'b'?"),
        (("--bogus",), "There is no option --bogus."),
        (("no.csv",), "There is no file no.csv that can be read."),
    ],
)
def test_it_names_what_it_does_not_understand_and_does_nothing(bootstrap, arguments, words):
    calls, ended = bootstrap(*arguments)
    assert (ended.returncode, calls) == (1, "")
    assert words in ended.stderr


def test_it_loads_the_file_it_was_given(bootstrap):
    calls, _ = bootstrap("requirements.lock")
    assert calls.rstrip().endswith("/project/requirements.lock")
