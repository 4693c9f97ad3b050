"""bootstrap.sh, with programs that only write down how they were called."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import islice

import pytest
from django.conf import settings

from netflix.tests.servers import free_port

# What bootstrap.sh looks at before it installs anything is real.
PYTHON = f"""#!/bin/sh
case "$*" in *netflix.preflight*) exec {sys.executable} "$@" ;; esac
echo "python $*" >> "$CALLS"
case "$*" in *"pip install"*uv) [ -n "$NO_UV" ] && exit 1; cp "$UV" .venv/bin/uv ;; esac
exit 0
"""
# uv ends when there is a file $GATE, or after ten minutes.
UV = """#!/bin/sh
echo "uv $*" >> "$CALLS"
tries=0
until [ -e "$GATE" ] || [ $((tries += 1)) = 6000 ]; do sleep 0.1; done
echo "invalid peer certificate: UnknownIssuer" >&2
exit "$UV_ENDS"
"""


@pytest.fixture
def folder(tmp_path):
    """A project with an environment, but nothing installed."""
    folder = tmp_path / "project"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "netflix").mkdir()
    for name in (
        "bootstrap.sh",
        "requirements.lock",
        "requirements-dev.lock",
        "netflix/preflight.py",
        "netflix/dotenv.py",
    ):
        shutil.copy(settings.BASE_DIR / name, folder / name)
    for path, text in ((folder / ".venv" / "bin" / "python", PYTHON), (tmp_path / "uv", UV)):
        path.write_text(text)
        path.chmod(0o755)
    return folder


@pytest.fixture
def begin(folder, tmp_path):
    begun = []

    def begin(*arguments, **environment):
        standard = {
            "CALLS": str(tmp_path / "calls"), "UV": str(tmp_path / "uv"), "UV_ENDS": "0", "GATE": "/", "NO_UV": "",
            "EMBEDDED_BINARIES": "", "PORT": str(free_port()),
        }  # fmt: skip
        process = subprocess.Popen(
            ["./bootstrap.sh", *arguments], cwd=folder, env=os.environ | standard | environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # ignored in background jobs
        )  # fmt: skip
        begun.append(process)
        return process

    yield begin
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def bootstrap(begin, tmp_path):
    """Runs it in a folder of its own, and gives what it called, and how it ended."""

    def run(*arguments, **environment):
        calls = tmp_path / "calls"
        calls.write_text("")
        process = begin(*arguments, **environment)
        stdout, stderr = process.communicate(timeout=60)
        return calls.read_text(), subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

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


@pytest.mark.parametrize("has_environment", [True, False])
@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"PORT": "abc"}, "PORT='abc' is not a whole number from 1 to 65535."),
        ({"MAX_MOVIES": "ten"}, "MAX_MOVIES='ten' is not a whole number from 1 to 9999999."),
        ({"HOST": "my-machine"}, "HOST='my-machine' is not an address to listen on."),
    ],
    ids=str,
)
def test_it_says_which_setting_is_wrong_before_it_installs_anything(bootstrap, folder, has_environment, setting, words):
    python = folder / ".venv" / "bin" / "python"
    if not has_environment:
        python = shutil.move(python, folder / "python3")
        shutil.rmtree(folder / ".venv")
    calls, ended = bootstrap(PYTHON=str(python), **setting)
    assert ended.returncode == 1
    assert ended.stderr.startswith(words)
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""
    assert "install" not in calls
    assert "venv --clear" not in calls


def test_it_says_that_the_port_is_taken_before_it_installs_anything(bootstrap):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        calls, ended = bootstrap(PORT=port)
    assert ended.returncode == 1
    assert (
        ended.stderr
        == f"Port {port} cannot be used (Address already in use). Try another one: PORT=8001 ./bootstrap.sh\n"
    )
    assert "install" not in calls


def test_it_says_what_is_wrong_in_the_file_of_settings_before_it_installs_anything(bootstrap, folder):
    for text, words in (
        ("MAX_MOVIES=ten\n", "MAX_MOVIES='ten'"),
        ("MAX_MOVIES = 10\n", f"Line 1 of {folder / '.env'}"),
    ):
        (folder / ".env").write_text(text)
        calls, ended = bootstrap()
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"{words} is not a ")
        assert "install" not in calls


def test_it_installs_while_the_service_runs(bootstrap):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _, ended = bootstrap("--install-only", PORT=str(taken.getsockname()[1]))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_it_writes_a_line_every_few_seconds_while_it_installs(begin, tmp_path):
    process = begin("--install-only", GATE=str(tmp_path / "gate"))
    assert list(islice(process.stdout, 3)) == [
        "Installing what requirements.lock lists ...\n",
        "  5 s so far ...\n",
        "  10 s so far ...\n",
    ]
    (tmp_path / "gate").touch()  # uv ends
    assert process.communicate(timeout=60)[1] == ""


@pytest.mark.slow
def test_it_leaves_no_process_when_it_is_interrupted_while_it_installs(begin):
    process = begin("--install-only", GATE="/nowhere")
    while process.stdout.readline() != "  5 s so far ...\n":
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
    process.communicate(timeout=60)
    assert process.returncode != 0
    deadline = time.monotonic() + 60
    while has_processes(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def has_processes(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
