-- Returns a trend, the base-2 logarithm of a sum of weights, after one more like. A test compares it with the same
-- function in Python. Exponents are at least -1000, because PostgreSQL raises an error when a power is too small.
CREATE OR REPLACE FUNCTION ranking_with_like(trend float8, log2_weight float8) RETURNS float8
IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE
        WHEN trend = '-Infinity' THEN log2_weight
        ELSE greatest(trend, log2_weight)
             + ln(1 + power(2::float8, greatest(-abs(trend - log2_weight), -1000))) / ln(2::float8)
    END
$$;
