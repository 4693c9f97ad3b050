-- The words of a search document that may be misspelled in a search: 2 to 30 letters long, not numbers.
-- A lexeme is one character for the movie's popularity tier, one for the field (w: a word of the title, n: of a name),
-- and the word itself; movies/search/lexemes.py makes them.
CREATE OR REPLACE FUNCTION movies_words(document tsvector) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT substr(lexeme, 3) FROM unnest(tsvector_to_array(document)) AS lexeme
     WHERE substr(lexeme, 2, 1) IN ('w', 'n') AND length(lexeme) BETWEEN 4 AND 32 AND lexeme !~ '^..[0-9]+$'
$$;
