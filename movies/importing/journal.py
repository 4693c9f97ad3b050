"""What an import changes about films that were there before, so that it can be taken back.

Facts are kept as JSON: the columns of a film by their names; `genres` by their ids; `directors` and `actors` as the ids
of people in billing order; `gives`, the facts that each of its source rows gives, by the row's id; and its `ids`
elsewhere.
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
# Of the film `movie`, as an SQL expression.
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
    """Before anything is stored: how these films are, or those of the batch in `incoming` that are there already."""
    if movie_ids is None:
        cursor.execute(f"{_LOOK} incoming JOIN movies_movie AS movie ON movie.id = incoming.movie_id")
    else:
        cursor.execute(f"{_LOOK} movies_movie AS movie WHERE movie.id = ANY(%s)", [list(movie_ids)])


def keep(cursor: CursorWrapper, run: int) -> None:
    """After all is stored: which facts are others now. Of a film that a run changes twice it is the first before and
    the last after."""
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
