-- Condition: the film has no other id of a kind that the row has an id of. Such films differ, even if the names match.
NOT EXISTS (
    SELECT FROM movies_externalid AS other
     WHERE other.movie_id = movie.id AND other.name <> ALL (incoming.ids)
       AND split_part(other.name, ':', 1) = ANY (
           SELECT split_part(id, ':', 1) FROM unnest(incoming.ids) AS id))
