"""The settings as a starting process sees them: each case is a process of its own."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

SOUND = {"DATABASE_URL": "postgres://me@localhost/mine", "REDIS_URL": "redis://localhost"}


def load(tmp_path, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "from netflix import settings as s; print(s.SECRET_KEY, s.DATABASES['default']['HOST'])"],
        env=kept | {"DATA_DIR": str(tmp_path)} | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_it_starts_with_two_urls_and_a_secret_of_its_own(tmp_path):
    first, second = load(tmp_path, **SOUND), load(tmp_path, **SOUND)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert len(first.stdout.split()[0]) >= 48


def test_it_understands_a_socket_in_the_url(tmp_path):
    answer = load(tmp_path, **SOUND | {"DATABASE_URL": "postgres://me@%2Ftmp%2Fhere/mine"})
    assert answer.stdout.split()[1] == "/tmp/here"


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set. Start through manage.py"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set. Start through manage.py"),
        ({"DATABASE_URL": "mysql://me@localhost/mine"}, "must name a PostgreSQL database"),
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps' is neither on nor off"),
        ({"THROTTLE_WRITES": "often"}, "Write it like 60/min"),
        ({"TOKEN_HOURS": "-1"}, "TOKEN_HOURS='-1' is not a whole number"),
        ({"TOKEN_HOURS": "9" * 30}, "is not a whole number"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT='xml' is neither text nor json"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL='LOUD' is not one of"),
    ],
)
def test_it_stops_at_a_bad_value_and_says_what_to_set(tmp_path, wrong, hint):
    answer = load(tmp_path, **SOUND | wrong)
    assert answer.returncode != 0
    assert hint in answer.stderr


def test_it_gives_only_who_answers_requests_a_limit_for_statements(tmp_path):
    """A line of `.env` reaches every process, and an import may take hours."""
    shown = [
        subprocess.run(
            [sys.executable, "-c", f"{first}; from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS'])"],
            env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "netflix.settings", "DATA_DIR": str(tmp_path)}
            | SOUND | {"STATEMENT_TIMEOUT_SECONDS": "7"},
            capture_output=True, text=True, timeout=60, check=True,
        ).stdout
        for first in ("import netflix.wsgi", "import django")
    ]  # fmt: skip
    assert "statement_timeout=7000" in shown[0]
    assert "statement_timeout" not in shown[1]
