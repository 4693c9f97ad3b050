from importlib import import_module

from django.db import migrations

groups = import_module("netflix.migrations.0001_groups")
ACTIONS_BY_GROUP = {"Operators": groups.CHANGE, "Technical support": ("view",)}


def let_operators_edit_target_times(apps, schema_editor):
    for name, actions in ACTIONS_BY_GROUP.items():
        group = apps.get_model("auth", "Group").objects.get_or_create(name=name)[0]
        group.permissions.add(*(groups._permission(apps, "support", "targettime", action) for action in actions))


class Migration(migrations.Migration):

    dependencies = [
        ("netflix", "0002_macros"),
        ("support", "0004_target_times"),
    ]

    operations = [migrations.RunPython(let_operators_edit_target_times, migrations.RunPython.noop)]
