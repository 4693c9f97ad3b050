-- Facts that the batch now provides are no longer those of other source rows, whose values become unused.
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
