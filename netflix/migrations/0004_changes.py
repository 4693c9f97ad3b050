from importlib import import_module

from django.db import migrations

groups = import_module("netflix.migrations.0001_groups")


def let_editors_and_operators_view_changes(apps, schema_editor):
    for name in ("Editors", "Operators"):
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(groups._permission(apps, "movies", "change", "view"))


class Migration(migrations.Migration):

    dependencies = [
        ("netflix", "0003_target_times"),
        ("movies", "0008_changes"),
    ]

    operations = [migrations.RunPython(let_editors_and_operators_view_changes, migrations.RunPython.noop)]
