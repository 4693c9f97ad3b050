from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUP = "Technical support"
PERMISSIONS = ("view_ticket", "change_ticket", "view_serviceorder")


def make_group(apps, schema_editor):
    """Django makes permissions after all migrations; the group needs these now."""
    config = apps.get_app_config("support")
    config.models_module = True
    create_permissions(config, apps=apps, using=schema_editor.connection.alias, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    permissions = apps.get_model("auth", "Permission").objects
    group.permissions.set(permissions.filter(content_type__app_label="support", codename__in=PERMISSIONS))


class Migration(migrations.Migration):
    """Agents: staff in this group work on tickets in the admin, and may do nothing else there."""

    dependencies = [
        ("support", "0002_timeline"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
