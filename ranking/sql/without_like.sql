-- Returns a trend after one like is removed, or null if that like was more than half of the sum: the difference would
-- lose digits, so ranking_trends has to sum up again. A test compares it with the same function in Python.
CREATE OR REPLACE FUNCTION ranking_without_like(trend float8, log2_weight float8) RETURNS float8
IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE
        WHEN log2_weight <= trend - 1
        THEN trend + ln(1 - power(2::float8, greatest(log2_weight - trend, -1000))) / ln(2::float8)
    END
$$;
