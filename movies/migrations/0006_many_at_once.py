from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0005_movie_original_title'),
    ]

    operations = [
        RunSQLFile('movies/sql/lock_against_removal.sql', '1c365ea0ab80'),
        RunSQLFile('movies/sql/count_like.sql', 'a40b67e6206b'),
    ]
