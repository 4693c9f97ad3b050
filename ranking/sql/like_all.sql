-- Stores likes of many movies for one viewer, as ranking_like_movie does for one movie. Returns a row for each movie
-- that exists; `outcome` is one of:
--   liked, liked before
--   not ranked      no like was stored, of any movie, because the rankings of this one were never computed; the
--                   caller computes them and calls again
--   no such viewer  no like was stored; this is the only row, and has no movie
-- Takes the same locks as ranking_like_movie in the same order, each kind for all movies in the order of their ids.
CREATE OR REPLACE FUNCTION ranking_like_movies(
    viewer bigint, movies bigint[], landmark timestamptz, half_lives float8[]
) RETURNS TABLE (movie bigint, outcome text) LANGUAGE plpgsql AS $$
DECLARE
    existing bigint[] := movies_lock_all_against_removal(movies);
    liked_at timestamptz := clock_timestamp();
    hours float8 := extract(epoch FROM liked_at - landmark)::float8 / 3600;  -- see ranking_like_movie
    changed bigint[];
    counts bigint[];
BEGIN
    IF NOT accounts_lock_user(viewer) THEN
        RETURN QUERY SELECT NULL::bigint, 'no such viewer';
        RETURN;
    END IF;
    RETURN QUERY
    SELECT number, 'not ranked' FROM unnest(existing) AS number
     WHERE NOT EXISTS (SELECT FROM ranking_standing WHERE movie_id = number AND genre_id IS NULL);
    IF FOUND THEN
        RETURN;
    END IF;
    WITH added AS (
        INSERT INTO ranking_like (user_id, movie_id, created_at)
        SELECT viewer, id, liked_at FROM unnest(existing) AS id ORDER BY id
        ON CONFLICT (user_id, movie_id) DO NOTHING
        RETURNING movie_id
    )
    SELECT array_agg(movie_id) INTO changed FROM added;
    SELECT array_agg(counted.movie), array_agg(counted.likes) INTO changed, counts
      FROM movies_count_likes(changed) AS counted;
    UPDATE ranking_standing AS standing
       SET likes = counted.likes,
           trend_day = ranking_with_like(trend_day, hours / half_lives[1]),
           trend_week = ranking_with_like(trend_week, hours / half_lives[2]),
           trend_month = ranking_with_like(trend_month, hours / half_lives[3])
      FROM unnest(changed, counts) AS counted (movie, likes)
     WHERE standing.movie_id = counted.movie;
    RETURN QUERY
    SELECT id, CASE WHEN added IS NULL THEN 'liked before' ELSE 'liked' END
      FROM unnest(existing) AS id LEFT JOIN unnest(changed) AS added ON added = id;
END $$;
