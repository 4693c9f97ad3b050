-- Keeps the number of movies of each genre (movies/genre_counts.py, ADR 16).
-- Each statement that links movies to genres, or unlinks them, adds a row for every genre concerned. Rows are only
-- inserted, never updated, so writers do not wait for each other.
CREATE OR REPLACE FUNCTION movies_count_genres() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO movies_genrecount (genre_id, movies) SELECT genre_id, count(*) FROM added GROUP BY genre_id;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO movies_genrecount (genre_id, movies) SELECT genre_id, -count(*) FROM removed GROUP BY genre_id;
    END IF;
    RETURN NULL;
END $$;

-- A trigger can name the rows that were added and those that were removed only if it is for one kind of statement.
CREATE OR REPLACE TRIGGER movies_count_genres_insert AFTER INSERT ON movies_moviegenre
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION movies_count_genres();

CREATE OR REPLACE TRIGGER movies_count_genres_delete AFTER DELETE ON movies_moviegenre
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION movies_count_genres();

CREATE OR REPLACE TRIGGER movies_count_genres_update AFTER UPDATE ON movies_moviegenre
REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION movies_count_genres();
