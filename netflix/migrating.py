"""What migrations need beyond Django: SQL files, and a check of databases from before the migrations were squashed."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder


class RunSQLFile(RunSQL):
    """Run an SQL file of functions or triggers, as it is today (ADR 19).

    `digest` is the beginning of the file's SHA-256 when the migration was written. A test compares that of the newest
    migration with the file: whoever changes a file adds a migration that runs it again. An empty database runs today's
    file in each of them, so running it twice must do no harm.
    """

    deconstruct = Operation.deconstruct  # names the file; that of RunSQL would name its text

    def __init__(self, path: str, digest: str) -> None:
        self.path, self.digest = path, digest
        text = (settings.BASE_DIR / path).read_text(encoding="utf-8")
        # Today's function may use a table that only a later migration creates.
        super().__init__(["SET LOCAL check_function_bodies = off", text], RunSQL.noop)


def check_former_migrations(*, databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Some of the migrations that a squashed one replaces are applied, and the others no longer exist.

    Django itself leaves such a squashed migration out, and says so only if another migration depends on it.
    """
    if not databases:
        return []
    applied = set(MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations())
    migrations = MigrationLoader(None).disk_migrations
    return [
        Error(
            f"The database has only some of the migrations that {migration} replaces.",
            hint=f"Migrate it with the last version that has them (git log -- '*{app}/migrations/*'), or drop it.",
        )
        for (app, _), migration in migrations.items()
        if (missing := set(migration.replaces) - applied) < set(migration.replaces) and missing - migrations.keys()
    ]
