"""Databases from before the migrations were squashed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db

APPS = ["accounts", "movies", "notices", "ranking", "support"]
SQUASHED = "0001_squashed"


def pending():
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


@pytest.fixture
def applied():
    """What the database of the former migrations remembers of them: none of the squashed ones."""
    rows = MigrationRecorder(connection).migration_qs.filter(app__in=APPS)
    assert rows.filter(name=SQUASHED).delete()[0] == len(APPS)
    return rows


def test_it_has_nothing_to_do_where_all_former_migrations_are_applied(applied):
    assert pending() == []
    call_command("migrate", verbosity=0, skip_checks=False)
    assert applied.filter(name=SQUASHED).count() == len(APPS)


@pytest.mark.parametrize(("command", "options"), [("migrate", {"skip_checks": False}), ("prepare", {})])
@pytest.mark.parametrize("app", APPS)
def test_it_refuses_a_database_with_some_of_the_former_migrations(applied, app, command, options):
    applied.get(app=app, name="0001_initial").delete()
    with pytest.raises(CommandError, match=f"only some of the migrations that {app}.0001_squashed replaces"):
        call_command(command, stdout=StringIO(), stderr=StringIO(), **options)
    assert not applied.filter(name=SQUASHED).exists()
