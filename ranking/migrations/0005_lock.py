from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_lock_user'),
        ('movies', '0010_lock_against_removal'),
        ('ranking', '0004_comments'),
    ]

    operations = [
        RunSQLFile('ranking/sql/like.sql', '702fa6b31e8d'),
        RunSQLFile('ranking/sql/like_all.sql', '7600037fab51'),
        RunSQLFile('ranking/sql/unlike.sql', '81653f988450'),
    ]
