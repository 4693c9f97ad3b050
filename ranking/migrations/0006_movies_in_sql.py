from django.db import migrations

from netflix.migrating import RunSQLFile

# CREATE OR REPLACE cannot rename a parameter.
DROP = '''
    DROP FUNCTION IF EXISTS ranking_with_like(float8, float8), ranking_without_like(float8, float8),
        ranking_trends(bigint, timestamptz, float8[]),
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
        RunSQLFile('ranking/sql/with_like.sql', '5cb88d8830a4'),
        RunSQLFile('ranking/sql/without_like.sql', '78ab5ef890ab'),
        RunSQLFile('ranking/sql/trends.sql', '374d4c9b1057'),
        RunSQLFile('ranking/sql/like.sql', '24ec339865a6'),
        RunSQLFile('ranking/sql/unlike.sql', 'c9113e6cdfbc'),
        RunSQLFile('ranking/sql/like_all.sql', '340e4d189718'),
    ]
