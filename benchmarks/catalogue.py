"""Fills the database that DATABASE_URL names with a made-up catalogue, and gives its viewers logins.

    python -m benchmarks.catalogue fill MOVIES    migrate, fill, and check that nothing differs from what is derived
    python -m benchmarks.catalogue logins FILE    take back what viewers liked, and write new tokens of theirs to FILE
    python -m benchmarks.catalogue drift          print how many stored rows differ from what the likes say

A process of its own, because Django's settings know one database. The runner starts it.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from benchmarks import derived, facts, own_lists  # noqa: E402
from netflix.accounts.models import User  # noqa: E402
from ranking import services  # noqa: E402

_CHECKED_UP_TO = 10_000  # films; the product computes a larger catalogue anew in minutes
_FUNCTIONS = Path(__file__).parent / "peers" / "functions.sql"
# Loading is the only thing that goes on, and who is interrupted begins again.
_HASTE = """
    SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET jit = off
"""


def fill(movies: int) -> None:
    """Leaves a complete catalogue, or none that says so. Raises AssertionError if it is not what the product makes."""
    call_command("migrate", verbosity=0)
    _execute(_HASTE)
    facts.prepare()
    with transaction.atomic():
        tables = (*facts.TABLES, *derived.TABLES)
        with _without_indexes(tables):
            for name, (statement, parameters) in facts.steps(movies).items():
                with _timed(name):
                    _execute(statement, parameters)
            print("    indexes ...", file=sys.stderr)
        _keep_counting()
    with transaction.atomic(), _without_indexes(derived.TABLES):
        for name, step in derived.STEPS.items():
            with _timed(name):
                step()
        print("    indexes ...", file=sys.stderr)
    if movies <= _CHECKED_UP_TO:
        found = drift()
        assert not found, f"{found} rows are not what the product would store."
    _execute(_FUNCTIONS.read_text())
    with _timed("VACUUM ANALYZE"):
        _execute("VACUUM (ANALYZE)")
        _execute("CHECKPOINT")
    _execute("CREATE TABLE benchmark_catalogue AS SELECT %s AS movies", [movies])


def logins(file: Path) -> None:
    """Viewers as if they had never liked anything, readers with their lists; `file` gets the tokens of both."""
    people = list(User.objects.order_by("-pk")[: facts.VIEWERS + facts.READERS])
    ids = [person.pk for person in people]
    _execute("SELECT benchmark_unlike(user_id, movie_id) FROM ranking_like WHERE user_id = ANY(%s)", [ids])
    own_lists.fill(ids[: facts.READERS])
    AuthToken.objects.all().delete()
    tokens = [AuthToken.objects.create(person)[1] for person in people]
    for table in ("ranking_like", "ranking_standing", "movies_likecount", "knox_authtoken", *own_lists.TABLES):
        _execute(f"VACUUM (ANALYZE) {table}")
    file.write_text(json.dumps({"readers": tokens[: facts.READERS], "viewers": tokens[facts.READERS :]}))


def drift() -> int:
    """How many stored rows are not what the likes say."""
    return services.rebuild().drift


@contextmanager
def _without_indexes(tables: tuple[str, ...]) -> Iterator[None]:
    """Without what has to be kept up row by row; primary keys and checks stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
              FROM pg_constraint
             WHERE conrelid = ANY(%s::text[]::regclass[]) AND contype IN ('f', 'u')
             ORDER BY contype DESC  -- unique ones first
            """,
            [list(tables)],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
              FROM pg_index
             WHERE indrelid = ANY(%s::text[]::regclass[]) AND NOT EXISTS (
                       SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
            """,
            [list(tables)],
        )
        indexes = cursor.fetchall()
    for table, name, _ in reversed(constraints):
        _execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        _execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        _execute(definition)
    for table, name, definition in constraints:
        _execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _keep_counting() -> None:
    """New rows get ids after those that were given."""
    for table in ("movies_genre", "movies_person", "movies_movie", "accounts_user"):
        _execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


@contextmanager
def _timed(name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"    {name}: {time.monotonic() - begun:.1f} s", file=sys.stderr)


def _execute(statement: str, parameters: object = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)  # type: ignore[arg-type]  # a list or a dictionary


def main(task: str, *arguments: str) -> None:
    if task == "fill":
        fill(int(arguments[0]))
    elif task == "logins":
        logins(Path(arguments[0]))
    else:
        print(drift())


if __name__ == "__main__":
    main(*sys.argv[1:])
