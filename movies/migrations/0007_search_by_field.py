from django.db import migrations


class Migration(migrations.Migration):
    """Search documents are made of other lexemes now: `manage.py index_movies` makes them anew."""

    dependencies = [("movies", "0006_votes_index")]

    operations = [migrations.RunSQL("DELETE FROM movies_searchdocument", migrations.RunSQL.noop)]
