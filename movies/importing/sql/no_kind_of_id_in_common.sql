-- Condition: the two films do not both have an id of the same kind, such as an IMDb id. An id belongs to one film, so
-- two films that both have one are different films.
NOT EXISTS (
    SELECT FROM movies_externalid AS mine JOIN movies_externalid AS theirs
        ON split_part(theirs.name, ':', 1) = split_part(mine.name, ':', 1)
     WHERE mine.movie_id = incoming.movie_id AND theirs.movie_id = other.movie_id)
