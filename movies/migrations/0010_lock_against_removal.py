from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0009_uploaded_posters'),
    ]

    operations = [
        migrations.RunSQL('DROP FUNCTION IF EXISTS movies_hold(bigint), movies_hold_all(bigint[])', migrations.RunSQL.noop),
        RunSQLFile('movies/sql/lock_against_removal.sql', '817fc495cfdc'),
        RunSQLFile('movies/sql/count_like.sql', '0da560129169'),
    ]
