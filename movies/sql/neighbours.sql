-- The neighbours of a word: its first eight letters, and these with one letter left out; for words of eight letters and
-- more also with two left out. Two words that are few edits apart have a neighbour in common, so an index on this
-- function finds what a mistyped word may be (movies/search/vocabulary.py).
-- PL/pgSQL, because an SQL function of several steps takes far longer to plan than this takes to run; if it looks
-- costly, PostgreSQL even compiles it.
CREATE OR REPLACE FUNCTION movies_neighbours(word text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    beginning text := left(word, 8);
    neighbours text[] := ARRAY[beginning];
    rest text;
BEGIN
    IF length(word) < 4 THEN
        RETURN neighbours;
    END IF;
    FOR place IN 1..length(beginning) LOOP
        rest := left(beginning, place - 1) || substr(beginning, place + 1);
        neighbours := neighbours || rest;
        IF length(word) >= 8 THEN
            FOR other IN place..7 LOOP
                neighbours := neighbours || (left(rest, other - 1) || substr(rest, other + 1));
            END LOOP;
        END IF;
    END LOOP;
    RETURN neighbours;
END $$;
