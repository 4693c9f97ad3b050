"""What SQL files say is what the migrations have installed."""

from hashlib import sha256

import pytest
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from netflix.migrating import RunSQLFile

FILES = sorted(
    str(path.relative_to(settings.BASE_DIR))
    for pattern in ("*/sql/*.sql", "netflix/*/sql/*.sql")
    for path in settings.BASE_DIR.glob(pattern)
)


@pytest.fixture(scope="module")
def installed():
    """The digest of each file when the newest migration that runs it was written."""
    migrations = sorted(MigrationLoader(None).disk_migrations.items())
    operations = [operation for _, migration in migrations for operation in migration.operations]
    return {operation.path: operation.digest for operation in operations if isinstance(operation, RunSQLFile)}


@pytest.mark.parametrize("path", FILES)
def test_it_is_as_the_newest_migration_installs_it(installed, path):
    digest = sha256((settings.BASE_DIR / path).read_bytes()).hexdigest()[:12]
    assert installed.get(path) == digest, (
        f"The file has changed. Add a migration with RunSQLFile({path!r}, {digest!r})."
    )


def test_it_is_there_for_each_migration_that_runs_it(installed):
    assert sorted(installed) == FILES
