from django.db import migrations

from netflix.migrating import RunSQLFile

# CREATE OR REPLACE cannot rename a parameter.
DROP = '''
    DROP FUNCTION IF EXISTS ranking_trends(bigint, timestamptz, float8[]),
        ranking_like_movie(bigint, bigint, timestamptz, float8[]),
        ranking_unlike_movie(bigint, bigint, timestamptz, float8[]),
        ranking_like_movies(bigint, bigint[], timestamptz, float8[])
'''


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0013_movies_in_sql'),
        ('ranking', '0005_lock'),
    ]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        RunSQLFile('ranking/sql/trends.sql', '374d4c9b1057'),
        RunSQLFile('ranking/sql/like.sql', '635e063d0789'),
        RunSQLFile('ranking/sql/unlike.sql', 'd90214f10d4f'),
        RunSQLFile('ranking/sql/like_all.sql', '792f25f4204a'),
    ]
