"""For tests that start processes of their own."""

import os
import subprocess
import time
from typing import Any

from django.db import connection

_PATIENCE = 30


def url_of_the_test_database() -> str:
    settings = connection.settings_dict
    host = settings["HOST"].replace("/", "%2F")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    login = f"{settings['USER']}:{settings['PASSWORD']}" if settings["PASSWORD"] else settings["USER"]
    return f"postgres://{login}@{host}{port}/{settings['NAME']}"


def environment_of_the_doomed() -> dict[str, str]:
    """For a process that the test will `kill`: on the test's database, where its sessions are known by their name."""
    return os.environ | {
        "DATABASE_URL": url_of_the_test_database(),
        "DJANGO_SETTINGS_MODULE": "netflix.settings",
        "PGAPPNAME": "doomed",
    }


def kill(process: subprocess.Popen[Any]) -> None:
    """At once, and wait until PostgreSQL has noticed: until then its session keeps its locks, and may yet commit."""
    process.kill()
    process.communicate()
    deadline = time.monotonic() + _PATIENCE
    while _sessions_of_the_doomed():
        assert time.monotonic() < deadline, "PostgreSQL has not noticed."
        time.sleep(0.01)


def _sessions_of_the_doomed() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'doomed'"
        )
        return int(cursor.fetchone()[0])
