from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0006_many_at_once'),
        ('ranking', '0002_likes_by_day'),
    ]

    operations = []  # a later migration runs the SQL files
