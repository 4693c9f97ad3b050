from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_outbox")]  # apart: PostgreSQL makes no index beside rows changed just before

    operations = [
        migrations.AddIndex(
            "notice",
            models.Index(
                models.F("next_attempt_at"),
                condition=models.Q(("next_attempt_at__isnull", False)),
                name="notice_pending",
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                models.F("dead_at"), condition=models.Q(("dead_at__isnull", False)), name="notice_dead"
            ),
        ),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dead_at", None), ("done_at", None)),
                    models.Q(("dead_at", None), ("done_at__isnull", False), ("next_attempt_at", None)),
                    models.Q(("dead_at__isnull", False), ("done_at", None), ("next_attempt_at", None)),
                    _connector="OR",
                ),
                name="notice_pending_done_or_dead",
            ),
        ),
    ]
