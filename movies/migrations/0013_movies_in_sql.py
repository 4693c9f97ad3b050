from django.db import migrations

from netflix.migrating import RunSQLFile

# CREATE OR REPLACE cannot rename a parameter.
DROP = '''
    DROP FUNCTION IF EXISTS movies_count_like(bigint, int), movies_count_likes(bigint[]),
        movies_lock_against_removal(bigint), movies_lock_all_against_removal(bigint[])
'''


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0012_names'),
    ]

    operations = [
        migrations.RenameField('searchword', 'films', 'movies'),
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        RunSQLFile('movies/sql/count_like.sql', '12f6bc798126'),
        RunSQLFile('movies/sql/lock_against_removal.sql', '3b136f4676a4'),
        RunSQLFile('movies/sql/count_words.sql', '79a178db05ed'),
    ]
