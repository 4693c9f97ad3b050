import django.db.models.deletion
from django.db import migrations, models

# Adds what a statement has changed; no row is ever changed, so nobody waits for anybody.
_COUNT = """
    CREATE FUNCTION movies_count_genres() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO movies_genrecount (genre_id, movies) SELECT genre_id, count(*) FROM added GROUP BY genre_id;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO movies_genrecount (genre_id, movies) SELECT genre_id, -count(*) FROM removed GROUP BY genre_id;
        END IF;
        RETURN NULL;
    END $$
"""
_ADDED, _REMOVED = "NEW TABLE AS added", "OLD TABLE AS removed"
_TRIGGERS = [
    f"""
    CREATE TRIGGER movies_count_genres_{event} AFTER {event} ON movies_moviegenre
    REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION movies_count_genres()
    """
    for event, tables in (("insert", _ADDED), ("delete", _REMOVED), ("update", f"{_ADDED} {_REMOVED}"))
]
_FIRST = "INSERT INTO movies_genrecount (genre_id, movies) SELECT genre_id, count(*) FROM movies_moviegenre GROUP BY genre_id"


class Migration(migrations.Migration):
    dependencies = [("movies", "0004_hold_and_count")]

    operations = [
        migrations.CreateModel(
            name="GenreCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("movies", models.BigIntegerField()),
                (
                    "genre",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="movies.genre",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_COUNT, "DROP FUNCTION movies_count_genres CASCADE"),
        *(migrations.RunSQL(trigger, migrations.RunSQL.noop) for trigger in _TRIGGERS),
        migrations.RunSQL(_FIRST, migrations.RunSQL.noop),
    ]
