-- Keeps movies_personname: each person's folded name once for each of its words, beginning with that word, so that
-- the people with a word are one range of an index (movies/search/names.py). "al pacino" is there as "pacino al", too.

CREATE OR REPLACE FUNCTION movies_rotations(name text) RETURNS SETOF text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT DISTINCT array_to_string(words[place:] || words[:place - 1], ' ')
      FROM string_to_array(name, ' ') AS words, generate_subscripts(words, 1) AS place
$$;

CREATE OR REPLACE FUNCTION movies_add_person_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movies_personname (rotation, person_id)
    SELECT rotation, added.id FROM added, movies_rotations(added.name_key) AS rotation;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION movies_change_person_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM movies_personname
     WHERE rotation = ANY (ARRAY(SELECT movies_rotations(OLD.name_key))) AND person_id = OLD.id;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO movies_personname (rotation, person_id) SELECT movies_rotations(NEW.name_key), NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER movies_add_person_names AFTER INSERT ON movies_person
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION movies_add_person_names();

CREATE OR REPLACE TRIGGER movies_rename_person AFTER UPDATE OF name_key ON movies_person FOR EACH ROW
  WHEN (OLD.name_key <> NEW.name_key) EXECUTE FUNCTION movies_change_person_names();

CREATE OR REPLACE TRIGGER movies_remove_person AFTER DELETE ON movies_person FOR EACH ROW
EXECUTE FUNCTION movies_change_person_names();
