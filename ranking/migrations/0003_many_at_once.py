from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0006_many_at_once'),
        ('ranking', '0002_likes_by_day'),
    ]

    operations = [
        RunSQLFile('ranking/sql/like_all.sql', 'c36467b5144d'),
    ]
