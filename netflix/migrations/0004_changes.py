import json
from contextlib import suppress
from importlib import import_module

from django.db import migrations

groups = import_module("netflix.migrations.0001_groups")


def let_editors_and_operators_view_changes(apps, schema_editor):
    for name in ("Editors", "Operators"):
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(groups._permission(apps, "movies", "change", "view"))


ACTIONS = {1: "added", 2: "changed", 3: "removed"}  # by Django's `action_flag`


def move_log(apps, schema_editor):
    """Let what Django's log has of films, people and genres stand in the catalogue's history instead."""
    logged = apps.get_model("admin", "LogEntry").objects.filter(
        content_type__app_label="movies", content_type__model__in=("movie", "person", "genre"), object_id__regex=r"^\d{1,18}$"
    )
    change = apps.get_model("movies", "Change")
    change.objects.bulk_create(
        (
            change(
                at=entry.action_time, user_id=entry.user_id, way="admin", action=ACTIONS[entry.action_flag],
                thing=entry.content_type.model, number=int(entry.object_id), name=entry.object_repr, note=_note(entry),
            )
            for entry in logged.select_related("content_type").order_by("action_time", "id").iterator(1000)
        ),
        batch_size=1000,
    )
    logged.delete()


def _note(entry):
    """The fields that were changed: their values were not logged."""
    fields = []
    with suppress(ValueError, TypeError, AttributeError):
        for message in json.loads(entry.change_message):
            fields += message.get("changed", {}).get("fields", [])
        return f"Changed: {', '.join(fields)}." if fields else ""
    return entry.change_message


class Migration(migrations.Migration):

    dependencies = [
        ("netflix", "0003_target_times"),
        ("movies", "0008_changes"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunPython(let_editors_and_operators_view_changes, migrations.RunPython.noop),
        migrations.RunPython(move_log, migrations.RunPython.noop),
    ]
