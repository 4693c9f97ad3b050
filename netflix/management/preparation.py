"""Prepares the database before the service runs, one process at a time; for `prepare` and `start`."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from django.core.checks import Tags
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import DEFAULT_DB_ALIAS, connections

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError
from netflix.accounts import signing_key

PROGRESS_INTERVAL_SECONDS = 5.0
_PREPARING = 0x50524550  # "PREP": any number that no other advisory lock has
_WITHOUT_TIMEOUTS = """
    SELECT set_config(name, '0', true) FROM pg_settings
     WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
"""


def check_file(csv: Path | None) -> None:
    """Check the data set before the database is changed, which may take long. Raises CommandError."""
    try:
        if csv:
            open_dataset(csv)
    except DatasetError as error:
        raise CommandError(str(error)) from error


def say(stdout: OutputWrapper, text: str) -> None:
    """Write a message that is shown at once, also through a pipe."""
    stdout.write(text)
    stdout.flush()


@contextmanager
def one_at_a_time(stdout: OutputWrapper) -> Iterator[None]:
    """Hold an advisory lock, so that only one process prepares this database at a time.

    PostgreSQL releases it however this process ends. A transaction holds it, not a session, because a pooler such as
    PgBouncer shares sessions. The transaction reads no rows, so it does not hold back VACUUM.
    """
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute(_WITHOUT_TIMEOUTS)
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_PREPARING])
            if not cursor.fetchone()[0]:
                say(stdout, "Another process prepares this database. Waiting for it to finish ...")
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PREPARING])
        yield
    finally:
        connection.close()


def prepare(csv: Path | None, *, is_new_key: bool = False, **output: Any) -> None:
    """Migrate the database and load films. `output` is a command's `stdout` and `stderr`."""
    output["stdout"].write("Preparing the database ...")
    with _progress_lines("Bringing the database up to date", output["stdout"]):
        call_command("check", tags=[Tags.database], databases=[DEFAULT_DB_ALIAS], stdout=StringIO())
        call_command("migrate", verbosity=0)
        signing_key.store_fingerprint(is_new=is_new_key)
        if signing_key.is_another_key():
            output["stderr"].write(signing_key.WARNING)
        call_command("index_movies", **output)
    with nullcontext() if output["stderr"].isatty() else _progress_lines("Importing films", output["stdout"]):
        call_command("import_movies", *([csv] if csv else ["--if-empty"]), **output)  # a terminal shows its progress
        call_command("rebuild_ranking", "--if-needed", **output)


@contextmanager
def _progress_lines(activity: str, stdout: OutputWrapper) -> Iterator[None]:
    """Write a line every few seconds, from a thread, until the block ends."""
    started, ended = monotonic(), Event()

    def write() -> None:
        while not ended.wait(PROGRESS_INTERVAL_SECONDS):
            say(stdout, f"  {activity}: {monotonic() - started:.0f} s so far ...")

    writer = Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
