-- The genre links that the file wants, resolved through aliases.
SELECT DISTINCT movie_id, coalesce(alias.genre_id, genre.id) AS genre_id, is_new,
       'genres' = ANY(incoming.edited) AS edited, 'genres' = ANY(overruled) AS overruled
  FROM incoming, unnest(genres) AS given (name)
       LEFT JOIN movies_genrealias AS alias ON lower(alias.name) = lower(given.name)
       LEFT JOIN movies_genre AS genre ON lower(genre.name) = lower(given.name)
