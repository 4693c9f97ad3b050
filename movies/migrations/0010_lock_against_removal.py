from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0009_uploaded_posters'),
    ]

    operations = [
        migrations.RunSQL('DROP FUNCTION IF EXISTS movies_hold(bigint), movies_hold_all(bigint[])', migrations.RunSQL.noop),
    ]
