-- Add new people, update existing ones whose name is spelled better here, and return the films of those. People are
-- looked up one by one in the index: a batch has few of all people. docs/adr/0004 says which names are one person's.
WITH spelled AS (
    -- Of several spellings of a name, prefer the one with most accents and dots, then the one in title case.
    SELECT DISTINCT ON (name_key) name, name_key
      FROM incoming, unnest(directors || actors, director_keys || actor_keys) AS given (name, name_key)
     ORDER BY name_key, octet_length(name) DESC, name = initcap(name) DESC, name COLLATE "C"
), given AS MATERIALIZED (
    SELECT spelled.name, spelled.name_key, known.id, known.name AS known_name, known.edited
      FROM spelled LEFT JOIN LATERAL (
          SELECT id, name, edited FROM movies_person WHERE name_key = spelled.name_key OFFSET 0
      ) AS known ON true
), better AS MATERIALIZED (
    SELECT id, name FROM given
     WHERE name <> known_name AND NOT edited
       AND (octet_length(known_name), known_name = initcap(known_name), name COLLATE "C")
         < (octet_length(name), name = initcap(name), known_name COLLATE "C")
), respelled AS (
    UPDATE movies_person AS person SET name = better.name
      FROM better WHERE person.id = ANY (ARRAY(SELECT id FROM better)) AND person.id = better.id
    RETURNING person.id
), added AS (
    INSERT INTO movies_person (name, name_key)
    SELECT name, name_key FROM given
     WHERE id IS NULL AND NOT EXISTS (
               SELECT FROM movies_personalias AS alias WHERE alias.name_key = given.name_key)
     ORDER BY name_key
    ON CONFLICT (name_key) DO NOTHING
)
SELECT movie_id FROM movies_credit WHERE person_id = ANY (ARRAY(SELECT id FROM respelled))
