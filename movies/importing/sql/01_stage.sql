-- The rows of a batch. COPY fills the first columns, the statements that follow fill the others.
CREATE TEMPORARY TABLE incoming (
    position integer PRIMARY KEY,
    key text COLLATE "C",           -- identifies the row across imports
    natural_key text COLLATE "C",   -- title, year and first director, folded
    ids text[] COLLATE "C",
    title_key text COLLATE "C",
    director_key text COLLATE "C",  -- of the first director
    director_keys text[],
    actor_keys text[],
    doubtful text[],                -- facts whose values are guesses
    $columns_with_types,

    called text COLLATE "C" GENERATED ALWAYS AS (title_key || '|' || coalesce(year::text, '')) STORED,
    facts text[] GENERATED ALWAYS AS (array_remove(ARRAY[$names_of_facts], NULL)) STORED,  -- without doubtful ones
    movie_id bigint,
    is_new boolean NOT NULL DEFAULT false,
    ignored boolean NOT NULL DEFAULT false,  -- not to be stored: `04_delete_ignored` deletes the row
    source_id text NOT NULL DEFAULT '',
    edited text[] NOT NULL DEFAULT '{}',  -- facts of the film that staff have edited
    overruled text[] NOT NULL DEFAULT '{}'  -- facts whose value here is ignored
) ON COMMIT DROP
