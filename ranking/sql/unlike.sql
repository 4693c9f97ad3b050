-- Removes a like and moves the movie down in the rankings, in one round trip. `outcome` is one of:
--   unliked         done; `counted` is how many like the movie now
--   not liked       nothing to do
--   no such movie, no such viewer
-- Takes the same locks as ranking_like_movie, in the same order.
CREATE OR REPLACE FUNCTION ranking_unlike_movie(
    viewer bigint, movie bigint, landmark timestamptz, half_lives float8[], OUT outcome text, OUT counted bigint
) LANGUAGE plpgsql AS $$
DECLARE
    hours float8;  -- from the landmark to the like
    trends float8[];
BEGIN
    IF NOT movies_lock_against_removal(movie) THEN
        outcome := 'no such movie';
        RETURN;
    END IF;
    IF NOT accounts_lock_user(viewer) THEN
        outcome := 'no such viewer';
        RETURN;
    END IF;
    DELETE FROM ranking_like WHERE user_id = viewer AND movie_id = movie
    RETURNING extract(epoch FROM created_at - landmark)::float8 / 3600 INTO hours;
    IF hours IS NULL THEN
        outcome := 'not liked';
        RETURN;
    END IF;
    outcome := 'unliked';
    counted := movies_count_like(movie, -1);
    IF counted = 0 THEN
        trends := array_fill('-Infinity'::float8, ARRAY[3]);
    ELSE
        -- The trends are the same in each of the movie's standings; one is enough to compute the new ones from.
        SELECT ARRAY[ranking_without_like(trend_day, hours / half_lives[1]),
                     ranking_without_like(trend_week, hours / half_lives[2]),
                     ranking_without_like(trend_month, hours / half_lives[3])]
          INTO trends FROM ranking_standing WHERE movie_id = movie AND genre_id IS NULL;
        IF trends IS NULL OR array_position(trends, NULL) IS NOT NULL THEN
            trends := ranking_trends(movie, landmark, half_lives);
        END IF;
    END IF;
    UPDATE ranking_standing
       SET likes = counted, trend_day = trends[1], trend_week = trends[2], trend_month = trends[3]
     WHERE movie_id = movie;
END $$;
