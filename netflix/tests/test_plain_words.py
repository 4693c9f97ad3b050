"""What a person can mend is said in a sentence on the terminal, with exit code 1 and without a traceback."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.slow


def manage(tmp_path, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=100,
        env=os.environ | {"DATA_DIR": str(tmp_path), "PORT": "8991"} | environment, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"HTTPS": "maybe"}, "HTTPS='maybe' is neither on nor off."),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL='LOUD' is not one of DEBUG, INFO"),
        ({"EMAIL_URL": "bogus"}, "EMAIL_URL cannot be understood. Write it like smtp+tls://"),
        ({"TOKEN_HOURS": "abc"}, "TOKEN_HOURS='abc' is not a whole number from 1 to 9999999."),
        ({"PUBLIC_URL": "movies"}, "PUBLIC_URL='movies' is not a URL. Write it like https://"),
        ({"DATABASE_URL": "foo"}, "DATABASE_URL cannot be understood. Write it like postgres://"),
        ({"DATABASE_URL": "postgres://me:secret@[bad"}, "DATABASE_URL"),
        (
            {"DATABASE_URL": "postgres://me:secret@127.0.0.1:1/x"},
            "The database that DATABASE_URL names cannot be reached",
        ),
        ({"REDIS_URL": "foo"}, "REDIS_URL must name a Redis server: redis://"),
        ({"REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "The Redis that REDIS_URL names does not answer"),
        ({"REDIS_URL": "", "EMBEDDED_BINARIES": "foo"}, "EMBEDDED_BINARIES='foo' is not one of any, machine, wheel."),
    ],
    ids=str,
)
def test_it_says_in_a_sentence_which_setting_is_wrong(tmp_path, wrong, words):
    ended = manage(tmp_path, "start", **wrong)
    said = ended.stderr.strip()
    assert ended.returncode == 1, said
    assert words in said
    assert len(said.splitlines()) == 1
    assert "secret" not in said
    assert "running" not in ended.stdout


@pytest.mark.django_db(transaction=True)
def test_it_stops_without_a_traceback_while_it_prepares(tmp_path):
    slow = tmp_path / "sitecustomize.py"  # an import that takes as long as a large file's
    slow.write_text(
        "import sys, time\n"
        "if 'prepare' in sys.argv:\n"
        "    import django.core.management.commands.migrate as migrate\n"
        "    migrate.Command.handle = lambda *a, **k: (print('migrating', flush=True), time.sleep(600))\n"
    )
    environment = os.environ | {
        "DATABASE_URL": url_of_the_test_database(), "DATA_DIR": str(tmp_path), "PYTHONPATH": str(tmp_path),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "manage.py", "prepare"], cwd=settings.BASE_DIR, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while process.stdout.readline() != "migrating\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)  # it would sleep for longer
    assert (process.returncode, said) == (1, "Stopped.\n")
