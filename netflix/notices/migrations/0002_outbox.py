from django.db import migrations, models
from django.db.models.functions import Now


def note_dead_letters(apps, schema_editor):
    """Those given up so far were told apart by their attempts alone."""
    notices = apps.get_model("notices", "Notice").objects
    notices.filter(attempts__gte=5, next_attempt_at=None, done_at=None).update(dead_at=Now())


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.RemoveIndex("notice", "notice_to_email"),
        migrations.RenameField("notice", "email_attempts", "attempts"),
        migrations.RenameField("notice", "next_email_at", "next_attempt_at"),
        migrations.RenameField("notice", "emailed_at", "done_at"),
        migrations.AlterField("notice", "attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
        migrations.AlterField(
            "notice",
            "next_attempt_at",
            models.DateTimeField(blank=True, db_default=Now(), editable=False, null=True),
        ),
        migrations.AlterField("notice", "done_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField(
            "notice",
            "dead_at",
            models.DateTimeField(
                blank=True, editable=False, help_text="When it was given up, after too many attempts.", null=True
            ),
        ),
        migrations.AddField("notice", "last_error", models.CharField(blank=True, editable=False, max_length=200)),
        migrations.RunPython(note_dead_letters, migrations.RunPython.noop),
    ]
