-- The credits that the file wants, resolved through aliases.
SELECT DISTINCT ON (movie_id, role, person_id)
       movie_id, role, person_id, billing, is_new, fact = ANY(edited) AS edited, fact = ANY(overruled) AS overruled
  FROM incoming, LATERAL (
           SELECT 'director' AS role, 'directors' AS fact, key, billing
             FROM unnest(director_keys) WITH ORDINALITY AS named (key, billing)
           UNION ALL
           SELECT 'cast', 'actors', key, billing FROM unnest(actor_keys) WITH ORDINALITY AS named (key, billing)
       ) AS named,
       LATERAL (
           SELECT coalesce(
               (SELECT alias.person_id FROM movies_personalias AS alias WHERE alias.name_key = named.key),
               (SELECT person.id FROM movies_person AS person WHERE person.name_key = named.key)) AS person_id
       ) AS known
 ORDER BY movie_id, role, person_id, billing
