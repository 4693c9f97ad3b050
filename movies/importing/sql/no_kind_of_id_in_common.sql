-- Condition: the films have no ids of one kind. An id belongs to one film, so otherwise they are different films.
NOT EXISTS (
    SELECT FROM movies_externalid AS mine JOIN movies_externalid AS theirs
        ON split_part(theirs.name, ':', 1) = split_part(mine.name, ':', 1)
     WHERE mine.movie_id = incoming.movie_id AND theirs.movie_id = other.movie_id)
