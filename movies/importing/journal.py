"""The undo log of an import: what it changes in films that existed before.

Facts are stored as JSON: a film's columns by name; `genres` as genre ids; `directors` and `actors` as person ids in
billing order; `gives`, a mapping from source row id to the facts that the row provides; and `ids`, the external ids.
"""

from collections.abc import Collection

from django.db.backends.utils import CursorWrapper

COLUMNS = (
    "title", "title_key", "year", "director_key", "description", "certificate", "runtime_minutes", "imdb_rating",
    "imdb_votes", "revenue_usd", "metascore", "source",
)  # fmt: skip

_PEOPLE = """
    coalesce((SELECT jsonb_agg(person_id ORDER BY billing, id) FROM movies_credit AS credit
               WHERE credit.movie_id = movie.id AND role = '{role}'), '[]')
"""
# SQL expression: the facts of the film `movie`.
FACTS = f"""
    jsonb_build_object(
        {", ".join(f"'{name}', movie.{name}" for name in COLUMNS)},
        'genres', coalesce((SELECT jsonb_agg(genre_id ORDER BY genre_id) FROM movies_moviegenre AS link
                             WHERE link.movie_id = movie.id), '[]'),
        'directors', {_PEOPLE.format(role="director")},
        'actors', {_PEOPLE.format(role="cast")},
        'gives', coalesce((SELECT jsonb_object_agg(id, ARRAY(SELECT unnest(gives) ORDER BY 1))
                             FROM movies_sourcerow AS known WHERE known.movie_id = movie.id), '{{}}'),
        'ids', coalesce((SELECT jsonb_agg(name ORDER BY name) FROM movies_externalid AS known
                          WHERE known.movie_id = movie.id), '[]'))
"""  # noqa: S608  # made of the names above


def look(cursor: CursorWrapper, movie_ids: Collection[int] | None = None) -> None:
    """Save the current facts of these films, by default the existing ones in `incoming`, before anything is stored."""
    if movie_ids is None:
        cursor.execute(f"{_LOOK} incoming JOIN movies_movie AS movie ON movie.id = incoming.movie_id")
    else:
        cursor.execute(f"{_LOOK} movies_movie AS movie WHERE movie.id = ANY(%s)", [list(movie_ids)])


def keep(cursor: CursorWrapper, run: int) -> None:
    """Record the facts that differ from those `look` saved. If a run changes a film twice, the record keeps the first
    value before and the last value after."""
    cursor.execute(_KEEP, [run])
    cursor.execute("DROP TABLE was")


_LOOK = f"""
    CREATE TEMPORARY TABLE was ON COMMIT DROP AS
    SELECT movie.id AS movie_id, {FACTS} AS facts
      FROM
"""  # noqa: S608
_KEEP = f"""
    INSERT INTO movies_importchange AS known (run_id, movie_id, before, after)
    SELECT %s, movie_id, jsonb_object_agg(key, old.value), jsonb_object_agg(key, new.value)
      FROM (SELECT was.movie_id, was.facts AS before, {FACTS} AS after
              FROM was JOIN movies_movie AS movie ON movie.id = was.movie_id) AS film,
           jsonb_each(before) AS old JOIN LATERAL jsonb_each(after) AS new USING (key)
     WHERE old.value <> new.value
     GROUP BY movie_id
    ON CONFLICT (movie_id, run_id) DO UPDATE
       SET before = excluded.before || known.before, after = known.after || excluded.after
"""  # noqa: S608
