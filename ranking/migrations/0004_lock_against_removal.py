from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0010_lock_against_removal'),
        ('ranking', '0003_many_at_once'),
    ]

    operations = [
        RunSQLFile('ranking/sql/like.sql', 'd2645be2ac2d'),
        RunSQLFile('ranking/sql/like_all.sql', 'df6ec5b8a717'),
        RunSQLFile('ranking/sql/unlike.sql', '107336a6ad31'),
    ]
