from importlib import import_module

from django.db import migrations

groups = import_module("netflix.migrations.0001_groups")


def let_technical_support_edit_macros(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects.get_or_create(name="Technical support")[0]
    group.permissions.add(*(groups._permission(apps, "support", "macro", action) for action in groups.CHANGE))


class Migration(migrations.Migration):

    dependencies = [
        ("netflix", "0001_groups"),
        ("support", "0003_macros"),
    ]

    operations = [migrations.RunPython(let_technical_support_edit_macros, migrations.RunPython.noop)]
