-- If a row of the batch gives a fact, remove the fact from `gives` of the film's other source rows, and store the value
-- that the film has until now in `unused` of the row that gave it.
WITH given AS MATERIALIZED (
    SELECT key, movie_id, overruled, facts FROM incoming WHERE NOT is_new
)
UPDATE movies_sourcerow AS other
   SET gives = ARRAY(
           SELECT fact FROM unnest(other.gives) AS fact
            WHERE fact <> ALL (given.facts) OR fact = ANY (given.overruled)),
       unused = coalesce(other.unused, '{}') || coalesce((
           SELECT jsonb_object_agg(fact, CASE fact $when_value_of_movie END)
             FROM unnest(other.gives) AS fact
            WHERE fact = ANY (given.facts) AND fact <> ALL (given.overruled)), '{}')
  FROM given JOIN movies_movie AS movie ON movie.id = given.movie_id
 WHERE other.movie_id = given.movie_id
   AND (other.source, other.key) <> (%(source)s, given.key)
   AND EXISTS (
       SELECT FROM unnest(other.gives) AS fact
        WHERE fact = ANY (given.facts) AND fact <> ALL (given.overruled))
