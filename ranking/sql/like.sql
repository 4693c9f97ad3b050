-- Stores a like, counts it and moves the movie up in the rankings, in one round trip. `outcome` is one of:
--   liked           done; `counted` is how many like the movie now
--   liked before    nothing to do
--   not ranked      nothing was changed, because the rankings of this movie were never computed; the caller computes
--                   them and calls again
--   no such movie, no such viewer
-- Locks the movie, the viewer and the movie's like count, in this order, until the transaction ends. The count is
-- locked before the standings are read, so another transaction that changes them has either committed or waits.
CREATE OR REPLACE FUNCTION ranking_like_movie(
    viewer bigint, movie bigint, landmark timestamptz, half_lives float8[], OUT outcome text, OUT counted bigint
) LANGUAGE plpgsql AS $$
DECLARE
    hours float8;  -- from the landmark to this like: divided by a half-life, the base-2 logarithm of its weight
BEGIN
    IF NOT movies_lock_against_removal(movie) THEN
        outcome := 'no such movie';
        RETURN;
    END IF;
    IF NOT accounts_lock_user(viewer) THEN
        outcome := 'no such viewer';
        RETURN;
    END IF;
    INSERT INTO ranking_like (user_id, movie_id, created_at) VALUES (viewer, movie, clock_timestamp())
    ON CONFLICT (user_id, movie_id) DO NOTHING
    RETURNING extract(epoch FROM created_at - landmark)::float8 / 3600 INTO hours;
    IF hours IS NULL THEN
        outcome := 'liked before';
        RETURN;
    END IF;
    counted := movies_count_like(movie, 1);
    UPDATE ranking_standing
       SET likes = counted,
           trend_day = ranking_with_like(trend_day, hours / half_lives[1]),
           trend_week = ranking_with_like(trend_week, hours / half_lives[2]),
           trend_month = ranking_with_like(trend_month, hours / half_lives[3])
     WHERE movie_id = movie;
    IF FOUND THEN
        outcome := 'liked';
        RETURN;
    END IF;
    -- No standings: undo the writes above.
    DELETE FROM ranking_like WHERE user_id = viewer AND movie_id = movie;
    PERFORM movies_count_like(movie, -1);
    outcome := 'not ranked';
    counted := NULL;
END $$;
