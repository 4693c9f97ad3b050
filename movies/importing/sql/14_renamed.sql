-- Find the films that should be named otherwise: a film has the title and year of its row unless overruled, and the
-- director who is credited first.
SELECT movie.id, wanted.*
  FROM incoming, $movie_of_row, LATERAL (
      SELECT CASE WHEN 'title' = ANY(overruled) THEN movie.title ELSE incoming.title END AS title,
             CASE WHEN 'title' = ANY(overruled) THEN movie.title_key ELSE incoming.title_key END AS title_key,
             CASE WHEN 'year' = ANY(overruled) THEN movie.year ELSE coalesce(incoming.year, movie.year) END AS year,
             coalesce((SELECT person.name_key FROM movies_credit AS credit
                         JOIN movies_person AS person ON person.id = credit.person_id
                        WHERE credit.movie_id = movie.id AND credit.role = 'director'
                        ORDER BY credit.billing, credit.id LIMIT 1), '') AS director_key
  ) AS wanted
 WHERE NOT incoming.is_new
   AND (movie.title_key, movie.year, movie.director_key)
       IS DISTINCT FROM (wanted.title_key, wanted.year, wanted.director_key)
