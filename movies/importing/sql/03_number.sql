-- Number the new films before the inserts, in file order, so that later statements need not look them up. Rows without
-- ids that became identical because a director was renamed share one film. A film that differs from another only by its
-- external id stores that in `source_id`. (Window functions instead of joins: PostgreSQL underestimates the number of
-- rows and would choose nested loops.)
WITH numbers AS (
    SELECT pg_get_serial_sequence('movies_movie', 'id')::regclass AS name
), fresh AS (
    SELECT position, title_key, year, director_key, coalesce(ids[1], '') AS id_of_row,
           min(position) OVER (PARTITION BY title_key, year, director_key, coalesce(ids[1], '')) AS first
      FROM incoming WHERE movie_id IS NULL AND NOT ignored
), new_movie AS (
    SELECT *, dense_rank() OVER (PARTITION BY title_key, year, director_key ORDER BY first) > 1 AS again
      FROM fresh ORDER BY position
), numbered AS MATERIALIZED (
    SELECT position, first, id_of_row,
           CASE WHEN position = first THEN nextval((SELECT numbers.name FROM numbers)) END AS id,
           again OR EXISTS (
               SELECT FROM movies_movie AS movie
                WHERE movie.title_key = new_movie.title_key AND movie.year IS NOT DISTINCT FROM new_movie.year
                  AND movie.director_key = new_movie.director_key AND movie.source_id = '') AS has_namesake
      FROM new_movie
), given AS MATERIALIZED (
    SELECT position, id_of_row, has_namesake, max(id) OVER (PARTITION BY first) AS id FROM numbered
)
UPDATE incoming
   SET movie_id = given.id, is_new = true,
       source_id = CASE WHEN has_namesake THEN given.id_of_row ELSE '' END
  FROM given
 WHERE incoming.position = given.position
RETURNING incoming.movie_id
