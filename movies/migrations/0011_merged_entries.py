import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    """Who stores documents merges their entries into the index: movies/search/entries.py."""

    dependencies = [("movies", "0010_sources")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER INDEX search_document_words SET (fastupdate = on)",
                    "ALTER INDEX search_document_words SET (fastupdate = off)",
                )
            ],
            state_operations=[
                migrations.RemoveIndex("searchdocument", "search_document_words"),
                migrations.AddIndex(
                    "searchdocument",
                    django.contrib.postgres.indexes.GinIndex(fields=["document"], name="search_document_words"),
                ),
            ],
        )
    ]
