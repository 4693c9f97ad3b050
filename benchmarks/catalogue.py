"""Fills the database at DATABASE_URL with a made-up catalogue, and creates logins for its viewers.

    python -m benchmarks.catalogue fill MOVIES    migrate, fill, and check that the product would derive the same rows
    python -m benchmarks.catalogue logins FILE    remove the viewers' likes, and write new tokens for them to FILE
    python -m benchmarks.catalogue drift          print how many stored rows differ from what the likes give

The runner starts it as a separate process, because Django's settings have one database.
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

_MAX_CHECKED_MOVIES = 10_000  # films; recomputing the rankings of more takes minutes
_FUNCTIONS = Path(__file__).parent / "peers" / "functions.sql"
# Nothing else uses the database, and an interrupted run starts again.
_FAST_LOADING = """
    SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET jit = off
"""


def fill(movies: int) -> None:
    """Create the catalogue; `benchmark_catalogue` marks it as complete.

    Raises AssertionError if the product would derive other rows.
    """
    call_command("migrate", verbosity=0)
    _execute(_FAST_LOADING)
    facts.prepare()
    with transaction.atomic():
        tables = (*facts.TABLES, *derived.TABLES)
        with _without_indexes(tables):
            for name, (statement, parameters) in facts.steps(movies).items():
                with _timed(name):
                    _execute(statement, parameters)
            print("    indexes ...", file=sys.stderr)
        _advance_sequences()
    with transaction.atomic(), _without_indexes(derived.TABLES):
        for name, step in derived.STEPS.items():
            with _timed(name):
                step()
        print("    indexes ...", file=sys.stderr)
    if movies <= _MAX_CHECKED_MOVIES:
        rows = drift()
        assert not rows, f"{rows} rows are not what the product would store."
    _execute(_FUNCTIONS.read_text())
    with _timed("VACUUM ANALYZE"):
        _execute("VACUUM (ANALYZE)")
        _execute("CHECKPOINT")
    _execute("CREATE TABLE benchmark_catalogue AS SELECT %s AS movies", [movies])


def logins(file: Path) -> None:
    """Remove the likes of viewers, fill the lists of readers, and write the tokens of both to `file`."""
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
    """Recompute the rankings; return how many stored rows differed."""
    return services.rebuild().drift


@contextmanager
def _without_indexes(tables: tuple[str, ...]) -> Iterator[None]:
    """Drop the tables' indexes, unique constraints and foreign keys for the block. Primary keys and checks stay."""
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


def _advance_sequences() -> None:
    """Set the sequences of ids after the ids that were inserted explicitly."""
    for table in ("movies_genre", "movies_person", "movies_movie", "accounts_user"):
        _execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


@contextmanager
def _timed(name: str) -> Iterator[None]:
    started_at = time.monotonic()
    yield
    print(f"    {name}: {time.monotonic() - started_at:.1f} s", file=sys.stderr)


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
