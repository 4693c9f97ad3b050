-- Find the film of each row.

-- A director's alias stands for the person's current name.
UPDATE incoming SET director_key = person.name_key
  FROM movies_personalias AS alias JOIN movies_person AS person ON person.id = alias.person_id
 WHERE alias.name_key = incoming.director_key;

-- Match in this order, each step only for rows that have no film yet.
-- 1. By the row's key, if it was imported before. If that row has no film, staff removed the film.
UPDATE incoming SET movie_id = known.movie_id, ignored = known.movie_id IS NULL
  FROM movies_sourcerow AS known
 WHERE known.source = %(source)s AND known.key = incoming.key;

-- 2. By an id from any source.
UPDATE incoming SET movie_id = known.movie_id, ignored = known.movie_id IS NULL
  FROM (
    SELECT DISTINCT ON (position) position, external_id.movie_id
      FROM incoming, unnest(ids) AS id JOIN movies_externalid AS external_id ON external_id.name = id
     ORDER BY position, external_id.movie_id
  ) AS known
 WHERE incoming.position = known.position AND incoming.movie_id IS NULL AND NOT incoming.ignored;

-- 3. By the film's current identity. If another row of this source has that film, ignore the row in this import only: a
-- temporary mistake in a title must not bind it forever.
UPDATE incoming
   SET movie_id = known.id,
       ignored = EXISTS (SELECT FROM movies_sourcerow AS other
                        WHERE other.source = %(source)s AND other.movie_id = known.id)
  FROM (
    SELECT DISTINCT ON (position) position, movie.id
      FROM incoming JOIN movies_movie AS movie
        ON movie.title_key = incoming.title_key
       AND movie.year IS NOT DISTINCT FROM incoming.year
       AND movie.director_key = incoming.director_key
     WHERE incoming.movie_id IS NULL AND $no_conflicting_id
     ORDER BY position, movie.source_id, movie.id
  ) AS known
 WHERE incoming.position = known.position;

-- 4. By the identity in another source's row, even if the film was renamed.
UPDATE incoming SET movie_id = known.movie_id, ignored = known.movie_id IS NULL
  FROM (
    SELECT DISTINCT ON (position) position, source_row.movie_id
      FROM incoming JOIN movies_sourcerow AS source_row ON source_row.key = incoming.natural_key
      LEFT JOIN movies_movie AS movie ON movie.id = source_row.movie_id
     WHERE incoming.movie_id IS NULL AND NOT ignored AND source_row.source <> %(source)s AND $no_conflicting_id
       AND NOT EXISTS (
           SELECT FROM movies_sourcerow AS other
            WHERE other.source = %(source)s AND other.movie_id = source_row.movie_id)
     ORDER BY position, source_row.movie_id
  ) AS known
 WHERE incoming.position = known.position;

-- 5. By title and year alone, if the row or the film has no director and no other film has that title and year.
UPDATE incoming SET movie_id = movie.id, ignored = false
  FROM movies_movie AS movie
 WHERE incoming.movie_id IS NULL
   AND movie.title_key = incoming.title_key
   AND movie.year IS NOT DISTINCT FROM incoming.year
   AND '' IN (movie.director_key, incoming.director_key)
   AND $no_conflicting_id
   AND NOT EXISTS (
       SELECT FROM movies_sourcerow AS other WHERE other.source = %(source)s AND other.movie_id = movie.id)
   AND NOT EXISTS (
       SELECT FROM movies_movie AS other
        WHERE other.title_key = incoming.title_key AND other.year IS NOT DISTINCT FROM incoming.year
          AND other.id <> movie.id)
   AND NOT EXISTS (
       SELECT FROM incoming AS other
        WHERE other.title_key = incoming.title_key AND other.year IS NOT DISTINCT FROM incoming.year
          AND other.position <> incoming.position);

-- If rows with the same name have conflicting ids, only the first matches the film, as it would in separate batches.
WITH placed AS (
    SELECT position, key, movie_id, ids, first_value(ids) OVER of_movie AS ids_of_first, row_number() OVER of_movie AS place
      FROM incoming WHERE movie_id IS NOT NULL AND NOT ignored
    WINDOW of_movie AS (PARTITION BY movie_id ORDER BY position)
)
UPDATE incoming SET movie_id = NULL
  FROM placed
 WHERE incoming.position = placed.position AND placed.place > 1
   AND EXISTS (
       SELECT FROM unnest(placed.ids) AS id JOIN unnest(ids_of_first) AS other
           ON split_part(other, ':', 1) = split_part(id, ':', 1) AND other <> id)
   AND NOT placed.ids && ids_of_first
   AND NOT EXISTS (
       SELECT FROM movies_sourcerow AS known WHERE known.source = %(source)s AND known.key = placed.key)
   AND NOT EXISTS (
       SELECT FROM movies_externalid AS known
        WHERE known.name = ANY (placed.ids) AND known.movie_id = placed.movie_id)
