from django.db import migrations

# `formulas.with_like` for PostgreSQL, which calls it an error when a power is too small for a double.
_WITH_LIKE = """
    CREATE FUNCTION ranking_with_like(trend float8, weight float8) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$
        SELECT CASE
            WHEN trend = '-Infinity' THEN weight
            ELSE greatest(trend, weight) + ln(1 + power(2::float8, greatest(-abs(trend - weight), -1000))) / ln(2::float8)
        END
    $$
"""
# What `services.like` promises, in one round trip. The film and the person stay there until the end; its count is locked
# before its standings are read, so that whoever else counts or recomputes has come before or comes after.
_LIKE = """
    CREATE FUNCTION ranking_like_movie(
        person bigint, film bigint, landmark timestamptz, half_lives float8[], OUT outcome text, OUT counted bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
        hours float8;
    BEGIN
        IF NOT movies_hold(film) THEN
            outcome := 'no such movie';
            RETURN;
        END IF;
        IF NOT accounts_hold_user(person) THEN
            outcome := 'person gone';
            RETURN;
        END IF;
        INSERT INTO ranking_like (user_id, movie_id, created_at) VALUES (person, film, clock_timestamp())
        ON CONFLICT (user_id, movie_id) DO NOTHING
        RETURNING extract(epoch FROM created_at - landmark)::float8 / 3600 INTO hours;
        IF hours IS NULL THEN
            outcome := 'liked before';
            RETURN;
        END IF;
        counted := movies_count_like(film, 1);
        UPDATE ranking_standing
           SET likes = counted,
               trend_day = ranking_with_like(trend_day, hours / half_lives[1]),
               trend_week = ranking_with_like(trend_week, hours / half_lives[2]),
               trend_month = ranking_with_like(trend_month, hours / half_lives[3])
         WHERE movie_id = film;
        outcome := CASE WHEN FOUND THEN 'liked' ELSE 'not ranked' END;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ranking", "0002_parameters_applied"),
        ("movies", "0004_hold_and_count"),
        ("accounts", "0004_hold"),
    ]

    operations = [
        migrations.RunSQL(_WITH_LIKE, "DROP FUNCTION ranking_with_like"),
        migrations.RunSQL(_LIKE, "DROP FUNCTION ranking_like_movie"),
    ]
