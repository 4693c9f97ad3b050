-- Store the film's ids, the row with the facts that it provides, and new genres. Values that the film does not use go to
-- `unused`.
INSERT INTO movies_externalid (name, movie_id)
SELECT DISTINCT ON (name) name, movie_id FROM incoming, unnest(ids) AS name ORDER BY name, position
ON CONFLICT (name) DO NOTHING;

WITH given AS (
    SELECT key, movie_id, is_new, overruled, facts,
           CASE WHEN overruled <> '{}' THEN (
               SELECT jsonb_object_agg(fact, value)
                 FROM jsonb_each(jsonb_build_object($values_of_row)) AS whole (fact, value)
                WHERE fact = ANY (facts) AND fact = ANY (overruled)) END AS unused,
           CASE WHEN NOT is_new THEN (
               SELECT incoming.called
                 FROM movies_movie AS movie
                WHERE movie.id = incoming.movie_id
                  AND (movie.title_key, movie.year) IS DISTINCT FROM (incoming.title_key, incoming.year)
           ) END AS called
      FROM incoming
)
INSERT INTO movies_sourcerow AS known (source, key, movie_id, gives, unused, called, created_by_id, last_run_id)
SELECT %(source)s, key, movie_id,
       ARRAY(SELECT fact FROM unnest(facts) AS fact WHERE fact <> ALL (overruled)), unused, coalesce(called, ''),
       CASE WHEN is_new THEN %(run)s::bigint END, %(run)s::bigint
  FROM given ORDER BY key
ON CONFLICT (source, key) DO UPDATE
   SET movie_id = excluded.movie_id, last_run_id = coalesce(excluded.last_run_id, known.last_run_id),
       gives = excluded.gives || ARRAY(
           SELECT fact FROM unnest(known.gives) AS fact
            WHERE known.movie_id = excluded.movie_id AND fact <> ALL (excluded.gives)),
       unused = nullif((coalesce(known.unused, '{}') - excluded.gives) || coalesce(excluded.unused, '{}'), '{}'),
       called = excluded.called
 WHERE known.movie_id IS DISTINCT FROM excluded.movie_id OR NOT known.gives @> excluded.gives
    OR known.last_run_id <> excluded.last_run_id OR (known.last_run_id IS NULL) > (excluded.last_run_id IS NULL)
    OR known.called <> excluded.called;

INSERT INTO movies_genre (name)
SELECT DISTINCT given.name FROM incoming, unnest(genres) AS given (name)
 WHERE NOT EXISTS (SELECT FROM movies_genre AS known WHERE lower(known.name) = lower(given.name))
   AND NOT EXISTS (SELECT FROM movies_genrealias AS alias WHERE lower(alias.name) = lower(given.name))
 ORDER BY given.name
ON CONFLICT (lower(name)) DO NOTHING
