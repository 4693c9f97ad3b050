-- Condition: the film has no conflicting id, that is, one of the same kind as an id of the row that the row does not
-- have. A film with a conflicting id is another film, even if the names match.
NOT EXISTS (
    SELECT FROM movies_externalid AS other
     WHERE other.movie_id = movie.id AND other.name <> ALL (incoming.ids)
       AND split_part(other.name, ':', 1) = ANY (
           SELECT split_part(id, ':', 1) FROM unnest(incoming.ids) AS id))
