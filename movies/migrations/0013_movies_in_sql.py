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
        # A database that misses earlier migrations may have added movies without the trigger of this file.
        migrations.RunSQL(
            'INSERT INTO movies_likecount (movie_id, likes) SELECT id, 0 FROM movies_movie ON CONFLICT DO NOTHING',
            migrations.RunSQL.noop,
        ),
        RunSQLFile('movies/sql/lock_against_removal.sql', '3b136f4676a4'),
        RunSQLFile('movies/sql/count_words.sql', '79a178db05ed'),
    ]
