-- The likes of the peers. They call the product's functions (ranking/sql/), so that every server gives the same guarantees
-- for the same work in PostgreSQL, and the comparison is of the code around it. Return the film's likes, null if there is
-- no such film.
CREATE OR REPLACE FUNCTION benchmark_like(viewer bigint, film bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(counted, (SELECT likes FROM movies_likecount WHERE movie_id = film))
      FROM ranking_parameters,
           ranking_like_movie(viewer, film, '2026-01-01 00:00:00+00',
               ARRAY[half_lives->>'day', half_lives->>'week', half_lives->>'month']::float8[])
$$;

CREATE OR REPLACE FUNCTION benchmark_unlike(viewer bigint, film bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(counted, (SELECT likes FROM movies_likecount WHERE movie_id = film))
      FROM ranking_parameters,
           ranking_unlike_movie(viewer, film, '2026-01-01 00:00:00+00',
               ARRAY[half_lives->>'day', half_lives->>'week', half_lives->>'month']::float8[])
$$;
