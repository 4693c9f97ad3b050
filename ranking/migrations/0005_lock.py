from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_lock_user'),
        ('movies', '0010_lock_against_removal'),
        ('ranking', '0004_comments'),
    ]

    operations = []  # a later migration runs the SQL files
