from importlib import import_module

from django.db import migrations

# `formulas.without_like` for PostgreSQL; null where that is None.
_WITHOUT_LIKE = """
    CREATE FUNCTION ranking_without_like(trend float8, weight float8) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$
        SELECT CASE
            WHEN weight <= trend - 1
            THEN trend + ln(1 - power(2::float8, greatest(weight - trend, -1000))) / ln(2::float8)
        END
    $$
"""
# What `services.unlike` promises, in one round trip; it locks what a like locks, in the same order.
_UNLIKE = """
    CREATE FUNCTION ranking_unlike_movie(
        person bigint, film bigint, landmark timestamptz, half_lives float8[], OUT outcome text, OUT counted bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
        hours float8;
        trends float8[];
    BEGIN
        IF NOT movies_hold(film) THEN
            outcome := 'no such movie';
            RETURN;
        END IF;
        IF NOT accounts_hold_user(person) THEN
            outcome := 'person gone';
            RETURN;
        END IF;
        DELETE FROM ranking_like WHERE user_id = person AND movie_id = film
        RETURNING extract(epoch FROM created_at - landmark)::float8 / 3600 INTO hours;
        IF hours IS NULL THEN
            outcome := 'not liked';
            RETURN;
        END IF;
        outcome := 'taken back';
        counted := movies_count_like(film, -1);
        IF counted = 0 THEN
            trends := array_fill('-Infinity'::float8, ARRAY[3]);
        ELSE
            SELECT ARRAY[ranking_without_like(trend_day, hours / half_lives[1]),
                         ranking_without_like(trend_week, hours / half_lives[2]),
                         ranking_without_like(trend_month, hours / half_lives[3])]
              INTO trends FROM ranking_standing WHERE movie_id = film AND genre_id IS NULL;
            IF trends IS NULL OR array_position(trends, NULL) IS NOT NULL THEN
                trends := ranking_trends(film, landmark, half_lives);
            END IF;
        END IF;
        UPDATE ranking_standing
           SET likes = counted, trend_day = trends[1], trend_week = trends[2], trend_month = trends[3]
         WHERE movie_id = film;
    END $$
"""
# As `selectors.tallies` sums the trends, from all likes: relative to the newest one, so that nothing overflows.
_TRENDS = """
    CREATE FUNCTION ranking_trends(film bigint, landmark timestamptz, half_lives float8[]) RETURNS float8[]
    STABLE LANGUAGE sql AS $$
        WITH aged AS (
            SELECT extract(epoch FROM created_at - landmark)::float8 / 3600 AS hours FROM ranking_like WHERE movie_id = film
        ), newest AS (
            SELECT max(hours) AS hours FROM aged
        )
        SELECT array_agg(trend ORDER BY place)
          FROM unnest(half_lives) WITH ORDINALITY AS life (hours, place),
               LATERAL (
                   SELECT coalesce(newest.hours / life.hours
                          + ln(sum(power(2::float8, greatest((aged.hours - newest.hours) / life.hours, -1000)))) / ln(2::float8),
                          '-Infinity') AS trend
                     FROM newest LEFT JOIN aged ON true GROUP BY newest.hours
               ) AS summed
    $$
"""
# As it was, but a film without standings is left as it was found: whoever computes them calls again.
_BEFORE = import_module("ranking.migrations.0003_like_in_one_call")._LIKE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
_LIKE = _BEFORE.replace(
    "outcome := CASE WHEN FOUND THEN 'liked' ELSE 'not ranked' END;",
    """IF FOUND THEN
            outcome := 'liked';
            RETURN;
        END IF;
        DELETE FROM ranking_like WHERE user_id = person AND movie_id = film;
        PERFORM movies_count_like(film, -1);
        outcome := 'not ranked';
        counted := NULL;""",
)


class Migration(migrations.Migration):
    dependencies = [("ranking", "0003_like_in_one_call")]

    operations = [
        migrations.RunSQL(_WITHOUT_LIKE, "DROP FUNCTION ranking_without_like"),
        migrations.RunSQL(_TRENDS, "DROP FUNCTION ranking_trends"),
        migrations.RunSQL(_UNLIKE, "DROP FUNCTION ranking_unlike_movie"),
        migrations.RunSQL(_LIKE, _BEFORE),
    ]
