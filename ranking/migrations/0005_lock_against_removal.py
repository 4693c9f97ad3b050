from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0010_lock_against_removal'),
        ('ranking', '0004_comments'),
    ]

    operations = [
        RunSQLFile('ranking/sql/like.sql', 'df9739b8a360'),
        RunSQLFile('ranking/sql/like_all.sql', '9c1bcb124f3d'),
        RunSQLFile('ranking/sql/unlike.sql', '107336a6ad31'),
    ]
