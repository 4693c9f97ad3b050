import django.contrib.postgres.indexes
from django.db import migrations, models

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("movies", "0006_many_at_once")]

    operations = [
        RunSQLFile("movies/sql/lower.sql", "b16cd803eaa4"),
        migrations.AddIndex(
            "movie",
            models.Index("original_language", "id", name="movie_by_language", condition=~models.Q(original_language="")),
        ),
        migrations.AddIndex(
            "movie",
            django.contrib.postgres.indexes.GinIndex(
                models.Func("countries", function="movies_lower"), name="movie_by_country"
            ),
        ),
    ]
