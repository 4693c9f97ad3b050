-- When a movie gets another title or year, whoever changes it, the rows of data sets that belong to it note the title
-- and year that they had in common with it until then. Imports find the movie by that name from then on.
CREATE OR REPLACE FUNCTION movies_keep_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE movies_sourcerow SET called = OLD.title_key || '|' || coalesce(OLD.year::text, '')
     WHERE movie_id = OLD.id AND called = '';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER movies_keep_names AFTER UPDATE OF title_key, year ON movies_movie FOR EACH ROW
  WHEN ((OLD.title_key, OLD.year) IS DISTINCT FROM (NEW.title_key, NEW.year))
EXECUTE FUNCTION movies_keep_names();
