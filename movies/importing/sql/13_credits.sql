-- Replace the people of films, and return the films whose people change.
WITH wanted AS (
    SELECT movie_id, role, person_id, billing, is_new FROM ($wanted_credits) AS credits WHERE NOT overruled
), replaced AS (
    SELECT movie_id, role, array_agg(person_id) AS person_ids FROM wanted WHERE NOT is_new GROUP BY movie_id, role
), removed AS (
    DELETE FROM movies_credit WHERE id = ANY (ARRAY(
        SELECT credit.id
          FROM replaced, LATERAL (
              SELECT id, person_id FROM movies_credit
               WHERE movie_id = replaced.movie_id AND role = replaced.role OFFSET 0
          ) AS credit
         WHERE credit.person_id <> ALL (replaced.person_ids)))
    RETURNING movie_id
), stored AS (
    INSERT INTO movies_credit (movie_id, role, person_id, billing)
    SELECT movie_id, role, person_id, billing FROM wanted ORDER BY movie_id, role DESC, billing
    ON CONFLICT (movie_id, role, person_id) DO UPDATE SET billing = excluded.billing
     WHERE movies_credit.billing <> excluded.billing
    RETURNING movie_id
)
SELECT movie_id FROM removed UNION SELECT movie_id FROM stored
