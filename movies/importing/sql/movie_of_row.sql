-- The film of a row, looked up by id. PostgreSQL overestimates the batch and would scan all films; `OFFSET 0` keeps it
-- from turning the lookup into a join.
LATERAL (SELECT * FROM movies_movie WHERE id = incoming.movie_id OFFSET 0) AS movie
