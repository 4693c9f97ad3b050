INSERT INTO movies_movie (id, title_key, director_key, source, source_id, $columns)
SELECT movie_id, title_key, director_key, %(source)s, source_id, $columns
  FROM incoming
 WHERE NOT EXISTS (SELECT FROM movies_movie AS movie WHERE movie.id = incoming.movie_id)
 ORDER BY position
