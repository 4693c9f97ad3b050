from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0005_movie_original_title'),
    ]

    operations = []  # a later migration runs the SQL files
