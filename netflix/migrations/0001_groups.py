from django.db import migrations

CHANGE = ("view", "add", "change", "delete")

# What each group may do, by model. docs/admin.md has the same as a table.
GROUPS = {
    "Editors": {
        ("movies", "movie"): CHANGE,
        ("movies", "person"): CHANGE,
        ("movies", "genre"): CHANGE,
        ("movies", "importrun"): ("view", "add"),
        ("movies", "sourcerow"): ("view", "delete"),
        ("ranking", "standing"): ("view",),
    },
    "Technical support": {
        ("support", "ticket"): ("view", "change"),
        ("support", "serviceorder"): ("view",),
        ("movies", "movie"): ("view",),
        ("accounts", "user"): ("view",),
    },
    "Operators": {
        ("accounts", "user"): ("view", "add", "change"),
        ("knox", "authtoken"): ("view", "delete"),
        ("axes", "accessattempt"): ("view", "delete"),
        ("axes", "accesslog"): ("view",),
        ("axes", "accessfailurelog"): ("view",),
        ("movies", "importrun"): ("view", "add"),
        ("notices", "notice"): ("view", "delete"),
        ("ranking", "parameters"): ("view",),
        ("ranking", "standing"): ("view",),
        ("support", "heartbeat"): ("view",),
    },
}
# As Django would call them, because it creates its permissions only after all migrations.
NAMES = {
    "importrun": "import", "sourcerow": "source row", "serviceorder": "service order", "authtoken": "auth token",
    "accessattempt": "access attempt", "accesslog": "access log", "accessfailurelog": "access failure",
    "targettime": "target time",
}


def make_groups(apps, schema_editor):
    """Create the groups, or add what they lack: what somebody has given them besides stays."""
    for name, models in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*(
            _permission(apps, app, model, action) for (app, model), actions in models.items() for action in actions
        ))


def _permission(apps, app, model, action):
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=f"{action}_{model}",
        defaults={"name": f"Can {action} {NAMES.get(model, model)}"},
    )
    return permission


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("support", "0001_squashed"),  # has made the group Technical support
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
