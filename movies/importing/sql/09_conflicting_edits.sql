-- Return the existing films for which the file contradicts what staff have edited.
WITH wanted_genres AS MATERIALIZED ($wanted_genres), wanted_credits AS MATERIALIZED ($wanted_credits)
SELECT movie.id
  FROM incoming, $movie_of_row
 WHERE NOT incoming.is_new AND movie.edited <> '{}'
   AND ($conflicts_with_edit
        OR EXISTS (
            SELECT FROM wanted_genres WHERE edited AND movie_id = movie.id
            HAVING array_agg(genre_id ORDER BY genre_id) <> ARRAY(
                SELECT genre_id FROM movies_moviegenre WHERE movie_id = movie.id ORDER BY genre_id))
        OR EXISTS (
            SELECT FROM wanted_credits WHERE edited AND movie_id = movie.id GROUP BY role
            HAVING array_agg(person_id ORDER BY person_id) <> ARRAY(
                SELECT person_id FROM movies_credit AS credit
                 WHERE credit.movie_id = movie.id AND credit.role = wanted_credits.role ORDER BY person_id)))
