jsonb_build_object(
    $columns, $links,
    'gives', coalesce((SELECT jsonb_object_agg(id, ARRAY(SELECT unnest(gives) ORDER BY 1))
                         FROM movies_sourcerow AS known WHERE known.movie_id = movie.id), '{}'),
    'ids', coalesce((SELECT jsonb_agg(name ORDER BY name) FROM movies_externalid AS known
                      WHERE known.movie_id = movie.id), '[]'))
