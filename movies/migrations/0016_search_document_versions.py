from django.db import migrations, models


class Migration(migrations.Migration):
    """Documents from before are of version 0: `prepare` and imports make them anew, while they go on being found."""

    dependencies = [("movies", "0015_fold_numbers_apart")]

    operations = [
        migrations.AddField("searchdocument", "version", models.PositiveSmallIntegerField(db_default=0)),
        migrations.AddIndex("searchdocument", models.Index("version", name="search_document_version")),
    ]
