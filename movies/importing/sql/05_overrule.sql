-- For each row of an existing film, list in `overruled` the facts whose value in the row is ignored: staff have
-- edited the fact; a source with precedence, or a row of this source with a lower key, gives it; or the row's value is
-- doubtful and the film already has one.
UPDATE incoming
   SET edited = movie.edited, overruled = movie.edited || ARRAY(
           SELECT fact FROM movies_sourcerow AS other, unnest(other.gives) AS fact
             JOIN unnest(%(sources)s::text[], %(facts)s::text[]) AS stronger (source, fact) USING (fact)
            WHERE other.movie_id = movie.id AND other.source = stronger.source AND other.source <> %(source)s
       ) || ARRAY(
           SELECT fact FROM movies_sourcerow AS other, unnest(other.gives) AS fact
            WHERE other.movie_id = movie.id AND other.source = %(source)s AND other.key < incoming.key
       ) || ARRAY(
           SELECT fact FROM unnest(doubtful) AS fact WHERE CASE fact $when_movie_has END)
  FROM movies_movie AS movie
 WHERE movie.id = incoming.movie_id
