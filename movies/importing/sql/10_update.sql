-- Set the columns of known films and return the films that change. A title changes here only in its spelling:
-- `14_renamed.sql` finds the films with another title or year.
WITH fresh AS MATERIALIZED (
    SELECT movie.id, wanted.*
      FROM incoming, $movie_of_row, LATERAL (
          SELECT CASE WHEN movie.source = ANY(%(weaker)s) AND 'title' <> ALL (movie.edited)
                      THEN %(source)s ELSE movie.source END AS source,
                 $new_values
      ) AS wanted
     WHERE (movie.source, $movie_values) IS DISTINCT FROM (wanted.source, $wanted_values)
)
UPDATE movies_movie AS movie
   SET source = fresh.source, $assignments
  FROM fresh
 WHERE movie.id = ANY (ARRAY(SELECT id FROM fresh)) AND movie.id = fresh.id
RETURNING movie.id
