-- Copy the rows related to `incoming` into the shadows, unless an earlier batch copied them. Rows are looked up with
-- arrays: PostgreSQL overestimates the size of a subquery and would scan whole tables. If someone else adds a film during
-- the dry run that conflicts with one added here, that film and the rows that refer to it are left out.
INSERT INTO movies_genre OVERRIDING SYSTEM VALUE SELECT * FROM $schema.movies_genre ON CONFLICT DO NOTHING;
INSERT INTO movies_genrealias OVERRIDING SYSTEM VALUE
SELECT * FROM $schema.movies_genrealias ON CONFLICT DO NOTHING;
WITH wanted AS (
    SELECT known.movie_id AS id FROM $schema.movies_sourcerow AS known JOIN incoming USING (key)
     WHERE known.source = %(source)s
    UNION
    SELECT known.movie_id FROM $schema.movies_sourcerow AS known
      JOIN incoming ON known.key = incoming.natural_key
    UNION
    SELECT known.movie_id FROM incoming, unnest(ids) AS id
      JOIN $schema.movies_externalid AS known ON known.name = id
    UNION
    SELECT known.movie_id FROM incoming JOIN $schema.movies_sourcerow AS known
        ON known.called <> '' AND known.called = incoming.called
    UNION
    SELECT same.id FROM $schema.movies_movie AS same
      JOIN incoming ON same.title_key = incoming.title_key AND same.year IS NOT DISTINCT FROM incoming.year
), movies AS (
    INSERT INTO movies_movie OVERRIDING SYSTEM VALUE
    SELECT movie.* FROM $schema.movies_movie AS movie WHERE movie.id = ANY (ARRAY(SELECT id FROM wanted))
    ON CONFLICT DO NOTHING
    RETURNING id
), here AS (
    SELECT id FROM movies UNION ALL SELECT id FROM movies_movie WHERE id = ANY (ARRAY(SELECT id FROM wanted))
), genres AS (
    INSERT INTO movies_moviegenre OVERRIDING SYSTEM VALUE
    SELECT * FROM $schema.movies_moviegenre WHERE movie_id = ANY (ARRAY(SELECT id FROM movies))
), credits AS (
    INSERT INTO movies_credit OVERRIDING SYSTEM VALUE
    SELECT * FROM $schema.movies_credit WHERE movie_id = ANY (ARRAY(SELECT id FROM movies))
    RETURNING person_id
), source_rows AS (
    INSERT INTO movies_sourcerow OVERRIDING SYSTEM VALUE
    SELECT * FROM $schema.movies_sourcerow
     WHERE ((source = %(source)s AND key = ANY (ARRAY(SELECT key FROM incoming)))
         OR key = ANY (ARRAY(SELECT natural_key FROM incoming))
         OR movie_id = ANY (ARRAY(SELECT id FROM movies)))
       AND (movie_id IS NULL OR movie_id IN (SELECT id FROM here))
    ON CONFLICT DO NOTHING
), external_ids AS (
    INSERT INTO movies_externalid
    SELECT * FROM $schema.movies_externalid
     WHERE (name = ANY (ARRAY(SELECT unnest(ids) FROM incoming)) OR movie_id = ANY (ARRAY(SELECT id FROM movies)))
       AND (movie_id IS NULL OR movie_id IN (SELECT id FROM here))
    ON CONFLICT DO NOTHING
), named AS (
    SELECT unnest(director_keys || actor_keys) AS name_key FROM incoming
)
INSERT INTO movies_person OVERRIDING SYSTEM VALUE
SELECT * FROM $schema.movies_person
 WHERE name_key = ANY (ARRAY(SELECT name_key FROM named))
    OR id = ANY (ARRAY(SELECT person_id FROM credits))
    OR id = ANY (ARRAY(
           SELECT person_id FROM $schema.movies_personalias
            WHERE name_key = ANY (ARRAY(SELECT name_key FROM named))))
ON CONFLICT DO NOTHING
