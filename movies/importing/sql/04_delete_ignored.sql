-- Delete rows of removed films, rows whose film belongs to another row, and all but the first row of each film.
DELETE FROM incoming
 WHERE ignored
    OR position IN (
       SELECT position
         FROM (SELECT position, row_number() OVER (PARTITION BY movie_id ORDER BY position) AS place
                 FROM incoming WHERE NOT ignored) AS placed
        WHERE place > 1)
