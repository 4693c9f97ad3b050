-- Replace the genres of films, and return the films whose genres change.
WITH wanted AS (
    SELECT movie_id, genre_id, is_new FROM ($wanted_genres) AS links WHERE NOT overruled
), replaced AS (
    SELECT movie_id, array_agg(genre_id) AS genre_ids FROM wanted WHERE NOT is_new GROUP BY movie_id
), removed AS (
    DELETE FROM movies_moviegenre WHERE id = ANY (ARRAY(
        SELECT link.id
          FROM replaced, LATERAL (
              SELECT id, genre_id FROM movies_moviegenre WHERE movie_id = replaced.movie_id OFFSET 0
          ) AS link
         WHERE link.genre_id <> ALL (replaced.genre_ids)))
    RETURNING movie_id
), added AS (
    INSERT INTO movies_moviegenre (movie_id, genre_id)
    SELECT movie_id, genre_id FROM wanted ORDER BY movie_id, genre_id
    ON CONFLICT (genre_id, movie_id) DO NOTHING
    RETURNING movie_id
)
SELECT movie_id FROM removed UNION SELECT movie_id FROM added
