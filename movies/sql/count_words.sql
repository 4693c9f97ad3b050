-- Keeps movies_searchword: every word of the search documents, with the number of movies that have it.
-- One function for each kind of statement, because each sees other transition tables (`added`, `removed`). All three
-- change words in alphabetical order, so that two transactions never wait for each other in a circle.

CREATE OR REPLACE FUNCTION movies_count_words_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movies_searchword AS known (word, movies)
    SELECT word, count(*) FROM added, movies_words(document) AS word GROUP BY word ORDER BY word
    ON CONFLICT (word) DO UPDATE SET movies = known.movies + excluded.movies;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION movies_count_words_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movies_searchword AS known (word, movies)
    SELECT word, -count(*) FROM removed, movies_words(document) AS word GROUP BY word ORDER BY word
    ON CONFLICT (word) DO UPDATE SET movies = known.movies + excluded.movies;
    DELETE FROM movies_searchword
     WHERE movies = 0 AND word IN (SELECT movies_words(document) FROM removed);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION movies_count_words_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movies_searchword AS known (word, movies)
    SELECT word, sum(change) FROM (SELECT document, 1 FROM added UNION ALL SELECT document, -1 FROM removed)
        AS movie (document, change), movies_words(document) AS word
     GROUP BY word HAVING sum(change) <> 0 ORDER BY word
    ON CONFLICT (word) DO UPDATE SET movies = known.movies + excluded.movies;
    DELETE FROM movies_searchword
     WHERE movies = 0 AND word IN (SELECT movies_words(document) FROM removed);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER movies_count_words_insert AFTER INSERT ON movies_searchdocument
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION movies_count_words_insert();

CREATE OR REPLACE TRIGGER movies_count_words_delete AFTER DELETE ON movies_searchdocument
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION movies_count_words_delete();

CREATE OR REPLACE TRIGGER movies_count_words_update AFTER UPDATE ON movies_searchdocument
REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION movies_count_words_update();

-- Counts change all the time: with room left in each page, PostgreSQL updates a row there and leaves the indexes alone.
ALTER TABLE movies_searchword SET (fillfactor = 70);
