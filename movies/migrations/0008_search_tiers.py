from django.db import migrations, models


class Migration(migrations.Migration):
    """Lexemes begin with the film's tier now: `manage.py index_movies` makes the search documents anew."""

    dependencies = [("movies", "0007_search_by_field")]

    operations = [
        migrations.RunSQL("DELETE FROM movies_searchdocument", migrations.RunSQL.noop),
        migrations.AddField("searchdocument", "tier", models.PositiveSmallIntegerField(default=0), preserve_default=False),
        migrations.AddField("searchdocument", "votes", models.IntegerField(default=0), preserve_default=False),
        migrations.CreateModel(
            name="SearchTier",
            fields=[
                ("tier", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("votes", models.IntegerField()),
                ("movie_id", models.BigIntegerField()),
            ],
        ),
    ]
