-- Adds `change`, 1 or -1, to the number of a movie's likes and returns the new number, or null if there is no such
-- movie. The row of the count stays locked until the transaction ends, so others who count for this movie wait.
-- For functions of other contexts.
CREATE OR REPLACE FUNCTION movies_count_like(film bigint, change int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    UPDATE movies_likecount SET likes = likes + change WHERE movie_id = film RETURNING likes INTO counted;
    IF NOT FOUND THEN
        -- The movie's first like. If another transaction inserts the row at the same time, this one adds to it.
        INSERT INTO movies_likecount AS known (movie_id, likes)
        SELECT id, greatest(change, 0) FROM movies_movie WHERE id = film
        ON CONFLICT (movie_id) DO UPDATE SET likes = known.likes + change
        RETURNING likes INTO counted;
    END IF;
    RETURN counted;
END $$;
