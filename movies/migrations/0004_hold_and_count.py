from django.db import migrations

# For functions of other contexts: as `selectors.hold` and `services.count_like`, but they answer false, or null, for a
# film that is not there.
_HOLD = """
    CREATE FUNCTION movies_hold(film bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM movies_movie WHERE id = film FOR KEY SHARE;
        RETURN FOUND;
    END $$
"""
_COUNT = """
    CREATE FUNCTION movies_count_like(film bigint, change int) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        counted bigint;
    BEGIN
        UPDATE movies_likecount SET likes = likes + change WHERE movie_id = film RETURNING likes INTO counted;
        IF NOT FOUND THEN
            INSERT INTO movies_likecount AS known (movie_id, likes)
            SELECT id, greatest(change, 0) FROM movies_movie WHERE id = film
            ON CONFLICT (movie_id) DO UPDATE SET likes = known.likes + change
            RETURNING likes INTO counted;
        END IF;
        RETURN counted;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("movies", "0003_like_counts")]

    operations = [
        migrations.RunSQL(_HOLD, "DROP FUNCTION movies_hold"),
        migrations.RunSQL(_COUNT, "DROP FUNCTION movies_count_like"),
    ]
