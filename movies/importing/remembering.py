"""Source rows: for each row of a batch, its film, the facts that it provides, and its unused values."""

# SQL expressions: the file's value for each column, null if it has none.
SAID = {
    "title": "incoming.title",
    "description": "nullif(incoming.description, '')",
    "certificate": "nullif(incoming.certificate, '')",
} | {name: f"incoming.{name}" for name in ("runtime_minutes", "imdb_rating", "imdb_votes", "revenue_usd", "metascore")}


# SQL conditions: whether the file has a value for a fact.
_SAYS = {name: f"{said} IS NOT NULL" for name, said in (SAID | {"year": "incoming.year"}).items()} | {
    name: f"incoming.{name} <> '{{}}'" for name in ("genres", "directors", "actors")
}

# The row's value and the film's current value of each fact, for JSON.
_WHOLE = ", ".join(f"'{name}', incoming.{name}" for name in _SAYS)
_PEOPLE_TODAY = """
    (SELECT jsonb_agg(person.name ORDER BY billing, credit.id)
       FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
      WHERE credit.movie_id = movie.id AND role = '{role}')
"""
_TODAY = {name: f"to_jsonb(movie.{name})" for name in _SAYS} | {
    "genres": """
        (SELECT jsonb_agg(genre.name ORDER BY genre.name)
           FROM movies_moviegenre AS link JOIN movies_genre AS genre ON genre.id = link.genre_id
          WHERE link.movie_id = movie.id)
    """,
    "directors": _PEOPLE_TODAY.format(role="director"),
    "actors": _PEOPLE_TODAY.format(role="cast"),
}

# Each row with `said`, the facts for which it has a value that is not doubtful.
_SAYING = f"""
    incoming, LATERAL (
        SELECT ARRAY(
            SELECT fact FROM unnest(ARRAY[
                {", ".join(f"CASE WHEN {says} THEN '{name}' END" for name, says in _SAYS.items())}
            ]) AS fact WHERE fact IS NOT NULL AND fact <> ALL (doubtful)) AS said
    ) AS facts
"""  # noqa: S608

# Facts that the batch now provides are removed from the other source rows of existing films.
TAKE = f"""
    WITH given AS MATERIALIZED (
        SELECT key, movie_id, overruled, said FROM {_SAYING} WHERE NOT is_new
    )
    UPDATE movies_sourcerow AS other
       SET gives = ARRAY(
               SELECT fact FROM unnest(other.gives) AS fact
                WHERE fact <> ALL (given.said) OR fact = ANY (given.overruled)),
           unused = coalesce(other.unused, '{{}}') || coalesce((
               SELECT jsonb_object_agg(fact, CASE fact
                          {" ".join(f"WHEN '{name}' THEN {today}" for name, today in _TODAY.items())} END)
                 FROM unnest(other.gives) AS fact
                WHERE fact = ANY (given.said) AND fact <> ALL (given.overruled)), '{{}}')
      FROM given JOIN movies_movie AS movie ON movie.id = given.movie_id
     WHERE other.movie_id = given.movie_id
       AND (other.source, other.key) <> (%(source)s, given.key)
       AND EXISTS (
           SELECT FROM unnest(other.gives) AS fact
            WHERE fact = ANY (given.said) AND fact <> ALL (given.overruled))
"""  # noqa: S608  # made of the fragments above

# Store the film's ids, and the row with the facts that it provides. Values that the film does not use go to `unused`.
REMEMBER = f"""
    INSERT INTO movies_externalid (name, movie_id)
    SELECT DISTINCT ON (name) name, movie_id FROM incoming, unnest(ids) AS name ORDER BY name, position
    ON CONFLICT (name) DO NOTHING;
    WITH given AS (
        SELECT key, movie_id, is_new, overruled, said,
               CASE WHEN overruled <> '{{}}' THEN (
                   SELECT jsonb_object_agg(fact, value)
                     FROM jsonb_each(jsonb_build_object({_WHOLE})) AS whole (fact, value)
                    WHERE fact = ANY (said) AND fact = ANY (overruled)) END AS unused,
               CASE WHEN NOT is_new THEN (
                   SELECT incoming.title_key || '|' || coalesce(incoming.year::text, '')
                     FROM movies_movie AS movie
                    WHERE movie.id = incoming.movie_id
                      AND (movie.title_key, movie.year) IS DISTINCT FROM (incoming.title_key, incoming.year)
               ) END AS called
          FROM {_SAYING}
    )
    INSERT INTO movies_sourcerow AS known (
           source, key, movie_id, gives, unused, called, created_by_id, last_run_id)
    SELECT %(source)s, key, movie_id,
           ARRAY(SELECT fact FROM unnest(said) AS fact WHERE fact <> ALL (overruled)), unused, coalesce(called, ''),
           CASE WHEN is_new THEN %(run)s::bigint END, %(run)s::bigint
      FROM given ORDER BY key
    ON CONFLICT (source, key) DO UPDATE
       SET movie_id = excluded.movie_id, last_run_id = coalesce(excluded.last_run_id, known.last_run_id),
           gives = excluded.gives || ARRAY(
               SELECT fact FROM unnest(known.gives) AS fact
                WHERE known.movie_id = excluded.movie_id AND fact <> ALL (excluded.gives)),
           unused = nullif(
               (coalesce(known.unused, '{{}}') - excluded.gives) || coalesce(excluded.unused, '{{}}'), '{{}}'),
           called = excluded.called
     WHERE known.movie_id IS DISTINCT FROM excluded.movie_id OR NOT known.gives @> excluded.gives
        OR known.last_run_id <> excluded.last_run_id OR (known.last_run_id IS NULL) > (excluded.last_run_id IS NULL)
        OR known.called <> excluded.called
"""  # noqa: S608
