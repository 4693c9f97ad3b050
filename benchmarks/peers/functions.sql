-- Stores or removes a like in one call, with the guarantees of the product: one like per user, an exact count, and exact
-- standings when the function returns. All peers use these functions, so the comparison is of the code around them.
-- ranking/services.py has the rules and ranking/formulas.py the arithmetic; half-lives are those of the stored trends.

CREATE OR REPLACE FUNCTION benchmark_like(viewer bigint, film bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    liked_at timestamptz;
    total bigint;
    hours float8;
    lives jsonb;
    day float8; week float8; month float8;
BEGIN
    PERFORM FROM movies_movie WHERE id = film FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO ranking_like (user_id, movie_id, created_at) VALUES (viewer, film, clock_timestamp())
        ON CONFLICT (user_id, movie_id) DO NOTHING RETURNING created_at INTO liked_at;
    IF liked_at IS NULL THEN
        RETURN coalesce((SELECT likes FROM movies_likecount WHERE movie_id = film), 0);
    END IF;
    INSERT INTO movies_likecount AS known (movie_id, likes) VALUES (film, 1)
        ON CONFLICT (movie_id) DO UPDATE SET likes = known.likes + 1 RETURNING likes INTO total;
    SELECT half_lives INTO lives FROM ranking_parameters;
    hours := extract(epoch FROM liked_at - timestamptz '2026-01-01 00:00:00+00')::float8 / 3600;
    day := hours / (lives->>'day')::float8;
    week := hours / (lives->>'week')::float8;
    month := hours / (lives->>'month')::float8;
    UPDATE ranking_standing SET
        likes = total,
        trend_day = greatest(trend_day, day) + ln(1 + power(2, greatest(-abs(trend_day - day), -1000))) / ln(2::float8),
        trend_week = greatest(trend_week, week)
            + ln(1 + power(2, greatest(-abs(trend_week - week), -1000))) / ln(2::float8),
        trend_month = greatest(trend_month, month)
            + ln(1 + power(2, greatest(-abs(trend_month - month), -1000))) / ln(2::float8)
     WHERE movie_id = film;
    RETURN total;
END $$;

CREATE OR REPLACE FUNCTION benchmark_unlike(viewer bigint, film bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    liked_at timestamptz;
    total bigint;
    hours float8;
    lives jsonb;
    day float8; week float8; month float8;
    old record;
BEGIN
    PERFORM FROM movies_movie WHERE id = film FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM ranking_like WHERE user_id = viewer AND movie_id = film RETURNING created_at INTO liked_at;
    IF liked_at IS NULL THEN
        RETURN coalesce((SELECT likes FROM movies_likecount WHERE movie_id = film), 0);
    END IF;
    UPDATE movies_likecount SET likes = likes - 1 WHERE movie_id = film RETURNING likes INTO total;
    SELECT half_lives INTO lives FROM ranking_parameters;
    hours := extract(epoch FROM liked_at - timestamptz '2026-01-01 00:00:00+00')::float8 / 3600;
    SELECT trend_day, trend_week, trend_month INTO old FROM ranking_standing WHERE movie_id = film AND genre_id IS NULL;
    day := power(2, greatest(hours / (lives->>'day')::float8 - old.trend_day, -1000));
    week := power(2, greatest(hours / (lives->>'week')::float8 - old.trend_week, -1000));
    month := power(2, greatest(hours / (lives->>'month')::float8 - old.trend_month, -1000));
    IF total = 0 THEN
        day := '-Infinity'; week := '-Infinity'; month := '-Infinity';
    ELSIF greatest(day, week, month) <= 0.5 THEN
        day := old.trend_day + ln(1 - day) / ln(2::float8);
        week := old.trend_week + ln(1 - week) / ln(2::float8);
        month := old.trend_month + ln(1 - month) / ln(2::float8);
    ELSE  -- the difference would lose digits: sum up the likes again
        SELECT extract(epoch FROM max(created_at) - timestamptz '2026-01-01 00:00:00+00')::float8 / 3600
          INTO hours FROM ranking_like WHERE movie_id = film;
        SELECT hours / (lives->>'day')::float8
                   + ln(sum(power(2, greatest((age - hours) / (lives->>'day')::float8, -1000)))) / ln(2::float8),
               hours / (lives->>'week')::float8
                   + ln(sum(power(2, greatest((age - hours) / (lives->>'week')::float8, -1000)))) / ln(2::float8),
               hours / (lives->>'month')::float8
                   + ln(sum(power(2, greatest((age - hours) / (lives->>'month')::float8, -1000)))) / ln(2::float8)
          INTO day, week, month
          FROM (SELECT extract(epoch FROM created_at - timestamptz '2026-01-01 00:00:00+00')::float8 / 3600 AS age
                  FROM ranking_like WHERE movie_id = film) AS aged;
    END IF;
    UPDATE ranking_standing SET likes = total, trend_day = day, trend_week = week, trend_month = month
     WHERE movie_id = film;
    RETURN total;
END $$;
