-- Returns the trends of a movie, one for each half-life in hours, summed up from all its likes. Weights are relative to
-- the newest like, so that no power is too large for a double. A test compares the result with Python's.
CREATE OR REPLACE FUNCTION ranking_trends(movie bigint, landmark timestamptz, half_lives float8[]) RETURNS float8[]
STABLE LANGUAGE sql AS $$
    WITH aged AS (
        SELECT extract(epoch FROM created_at - landmark)::float8 / 3600 AS hours FROM ranking_like WHERE movie_id = movie
    ), newest AS (
        SELECT max(hours) AS hours FROM aged
    )
    SELECT array_agg(trend ORDER BY place)
      FROM unnest(half_lives) WITH ORDINALITY AS life (hours, place),
           LATERAL (
               SELECT coalesce(
                          newest.hours / life.hours
                          + ln(sum(power(2::float8, greatest((aged.hours - newest.hours) / life.hours, -1000))))
                          / ln(2::float8),
                          '-Infinity'
                      ) AS trend
                 FROM newest LEFT JOIN aged ON true GROUP BY newest.hours
           ) AS summed
$$;
