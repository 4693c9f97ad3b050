-- A trend after one like is taken away, or null if that like was more than half of the sum: the difference would lose
-- digits, so ranking_trends has to sum up again. The same as ranking.formulas.without_like: a test compares the two.
CREATE OR REPLACE FUNCTION ranking_without_like(trend float8, weight float8) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE
        WHEN weight <= trend - 1
        THEN trend + ln(1 - power(2::float8, greatest(weight - trend, -1000))) / ln(2::float8)
    END
$$;
