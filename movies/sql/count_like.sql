-- The likes of each movie: its row of movies_likecount exists as long as the movie does.
CREATE OR REPLACE FUNCTION movies_start_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movies_likecount (movie_id, likes) SELECT id, 0 FROM added ORDER BY id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER movies_start_counts AFTER INSERT ON movies_movie
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION movies_start_counts();

-- Adds `change`, 1 or -1, to the number of a movie's likes and returns the new number, or null if there is no such
-- movie. The row of the count stays locked until the transaction ends, so others who count for this movie wait.
-- For functions of other contexts.
CREATE OR REPLACE FUNCTION movies_count_like(movie bigint, change int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    UPDATE movies_likecount SET likes = likes + change WHERE movie_id = movie RETURNING likes INTO counted;
    RETURN counted;
END $$;

-- Adds 1 for each of these movies, in the order of their ids. The caller has locked them against removal.
CREATE OR REPLACE FUNCTION movies_count_likes(movies bigint[]) RETURNS TABLE (movie bigint, likes bigint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    INSERT INTO movies_likecount AS known (movie_id, likes)
    SELECT id, 1 FROM unnest(movies) AS id ORDER BY id
    ON CONFLICT (movie_id) DO UPDATE SET likes = known.likes + 1
    RETURNING known.movie_id, known.likes;
END $$;
