"""What migrations need beyond Django: SQL files, and a check of databases from before the migrations were squashed."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder


class RunSQLFile(Operation):
    """Run an SQL file of functions or triggers, as it is today (ADR 19).

    `digest` is the beginning of the file's SHA-256 when the migration was written. A test compares that of the newest
    migration with the file: whoever changes a file adds a migration that runs it again. An empty database runs today's
    file in each of them, so running it twice must do no harm.
    """

    def __init__(self, path: str, digest: str) -> None:
        self.path, self.digest = path, digest

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Django's models know nothing of functions and triggers."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        # Today's function may use a table that only a later migration creates.
        schema_editor.execute("SET LOCAL check_function_bodies = off")
        schema_editor.execute((settings.BASE_DIR / self.path).read_text(encoding="utf-8"), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """The file is the same whichever migrations are applied."""

    def describe(self) -> str:
        return f"Run {self.path}"


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
