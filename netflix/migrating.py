"""Helpers for migrations: running SQL files, and a check for databases older than the squashed migrations."""

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
    """Run the current version of an SQL file of functions or triggers (ADR 19).

    `digest` is a prefix of the file's SHA-256 when the migration was written. A test compares the newest migration's
    digest with the file, so each change of a file needs a new migration. On an empty database each of these migrations
    runs the current file, so the file must be idempotent.
    """

    deconstruct = Operation.deconstruct  # contains the path; RunSQL's would contain the SQL

    def __init__(self, path: str, digest: str) -> None:
        self.path, self.digest = path, digest
        text = (settings.BASE_DIR / path).read_text(encoding="utf-8")
        # The current functions may use a table that a later migration creates.
        super().__init__(["SET LOCAL check_function_bodies = off", text], RunSQL.noop)


def check_former_migrations(*, databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report squashed migrations of which only some originals are applied while the others no longer exist.

    Django silently skips such a squashed migration unless another migration depends on it.
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
