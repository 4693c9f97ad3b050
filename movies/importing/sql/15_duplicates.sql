-- Find films that may be duplicates of a row's film, in the order of `comparing.PossibleDuplicates`: (name, null, null)
-- for films that share a title and year, in any of their rows; (null, film, film) for films that share an id; and
-- (name, film, new film) if a row without ids was matched to a film of that name, and a film with other ids is added.
SELECT DISTINCT incoming.called, NULL::bigint, NULL::bigint
  FROM incoming, LATERAL (
      SELECT id AS movie_id FROM movies_movie
       WHERE title_key = incoming.title_key AND year IS NOT DISTINCT FROM incoming.year
         AND id <> incoming.movie_id OFFSET 0
  ) AS other
 WHERE $no_kind_of_id_in_common
 UNION
SELECT known.called, NULL, NULL
  FROM incoming, LATERAL (
      SELECT called, movie_id FROM movies_sourcerow
       WHERE called <> '' AND called = incoming.called AND movie_id <> incoming.movie_id OFFSET 0
  ) AS known
 UNION
SELECT NULL, incoming.movie_id, known.movie_id
  FROM incoming, unnest(ids) AS name, LATERAL (
      SELECT movie_id FROM movies_externalid
       WHERE movies_externalid.name = name.name AND movie_id <> incoming.movie_id OFFSET 0
  ) AS known
 UNION
SELECT incoming.called, other.movie_id, incoming.movie_id
  FROM incoming, LATERAL (
      SELECT id AS movie_id FROM movies_movie
       WHERE title_key = incoming.title_key AND year IS NOT DISTINCT FROM incoming.year
         AND id <> incoming.movie_id OFFSET 0
  ) AS other
 WHERE incoming.is_new AND incoming.ids <> '{}' AND NOT ($no_kind_of_id_in_common)
   AND EXISTS (
       SELECT FROM movies_sourcerow AS known
        WHERE known.movie_id = other.movie_id AND starts_with(known.key, incoming.called || '|'))
