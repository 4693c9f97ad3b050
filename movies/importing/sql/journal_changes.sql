INSERT INTO movies_importchange AS known (run_id, movie_id, before, after)
SELECT %s, movie_id, jsonb_object_agg(key, old.value), jsonb_object_agg(key, new.value)
  FROM (SELECT facts_before.movie_id, facts_before.facts AS before, $facts AS after
          FROM facts_before JOIN movies_movie AS movie ON movie.id = facts_before.movie_id) AS changed,
       jsonb_each(before) AS old JOIN LATERAL jsonb_each(after) AS new USING (key)
 WHERE old.value <> new.value
 GROUP BY movie_id
ON CONFLICT (movie_id, run_id) DO UPDATE
   SET before = excluded.before || known.before, after = known.after || excluded.after
