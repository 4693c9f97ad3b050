-- Texts in lowercase, for an index that ignores case.
CREATE OR REPLACE FUNCTION movies_lower(texts text[]) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(lower(text)) FROM unnest(texts) AS text
$$;
