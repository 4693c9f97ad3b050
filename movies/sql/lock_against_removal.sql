-- Keeps a movie from being removed until the transaction ends. Returns false if there is no such movie.
-- For functions of other contexts; Python code calls movies.selectors.lock_against_removal.
CREATE OR REPLACE FUNCTION movies_lock_against_removal(movie bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM movies_movie WHERE id = movie FOR KEY SHARE;
    RETURN FOUND;
END $$;

-- The same for many movies, in the order of their ids. Returns the ids of those that exist.
CREATE OR REPLACE FUNCTION movies_lock_all_against_removal(movies bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(SELECT id FROM movies_movie WHERE id = ANY (movies) ORDER BY id FOR KEY SHARE);
END $$;
