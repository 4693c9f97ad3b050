-- Keeps a movie from being removed until the transaction ends. Returns false if there is no such movie.
-- For functions of other contexts; Python code calls movies.selectors.lock_against_removal.
CREATE OR REPLACE FUNCTION movies_hold(film bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM movies_movie WHERE id = film FOR KEY SHARE;
    RETURN FOUND;
END $$;
