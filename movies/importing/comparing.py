"""Which films prove to be one, after a batch has told more about them: an id, a title, a year, who made them.

Films are compared that have a title and a year in common, as any of their rows has it, or an id of one row. Different
ids of one kind make different films, and so do two rows of one data set. Else they are one
 - by an id in common,
 - by a director in common, or by two of the cast,
 - or, if one of them names no director, if there is no third film of that title and year.
Which row came first does not matter.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

_CAST_IN_COMMON = 2


@dataclass(slots=True)
class Movie:
    """What one or, once they have proved to be one, several films of the catalogue say."""

    movie_ids: set[int]
    names: set[str]  # folded title and year, as in `SourceRow.called`
    kinds: set[str]  # of ids
    sources: set[str]
    directors: set[str]
    actors: set[str]


class Found(NamedTuple):
    """What the films of a batch have in common with others.

    `names`; `pairs` of films by an id; and `rivals`: a name, the film that has it by a row without ids, and another one
    with other ids that this row could be about as well.
    """

    names: set[str]
    pairs: set[tuple[int, int]]
    rivals: set[tuple[str, int, int]]

    def __bool__(self) -> bool:
        return any(self)


def find(cursor: CursorWrapper) -> Found:
    """Of the batch in `incoming`, which is stored by now."""
    cursor.execute(_FIND)
    found = Found(set(), set(), set())
    for name, movie_id, other_id in cursor.fetchall():
        if name is None:
            found.pairs.add((movie_id, other_id))
        elif movie_id is None:
            found.names.add(name)
        else:
            found.rivals.add((name, movie_id, other_id))
    return found


def ambiguous(cursor: CursorWrapper, found: Found) -> dict[int, list[int]]:
    """The rows without ids, by their film, that are there because there was no other film of their name, and now there
    is. Rows whose film has makers by a row with ids, too, have proved to be there rightly."""
    movies = _Movies(cursor)
    rows: dict[int, list[int]] = {}
    for name, movie_id, other_id in sorted(found.rivals):
        cursor.execute(_ROWS, {"movie_id": movie_id, "name": name})
        named, others_say_makers = cursor.fetchone()
        named = json.loads(named or "[]")
        directors = movies.of(other_id).directors
        possible = not directors or any(are_alike(key, other) for _, key in named for other in directors)
        if named and possible and not others_say_makers:
            rows[movie_id] = [row_id for row_id, _ in named]
            found.names.add(name)
    return rows


def prove(cursor: CursorWrapper, found: Found) -> list[tuple[int, int]]:
    """The films that are one, each as (kept, merged): the older one is kept."""
    movies = _Movies(cursor)
    for pair in sorted(found.pairs):
        first, second = map(movies.of, pair)
        if first is not second and not _differ(first, second):
            movies.unite(first, second)
    movies.names |= found.names
    while movies.names:
        _compare(movies, movies.names.pop())
    return sorted(movies.merges())


class _Movies:
    """The films that were looked at, each once for all that it proved to be."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        self._movies: dict[int, Movie] = {}
        self.names: set[str] = set()  # to look at

    def of(self, movie_id: int) -> Movie:
        if movie_id not in self._movies:
            self._load(_BY_ID, {"movie_id": movie_id})
        return self._movies[movie_id]

    def called(self, name: str) -> list[Movie]:
        title_key, _, year = name.rpartition("|")
        self._load(_BY_NAME, {"name": name, "title_key": title_key, "year": year or None})
        return sorted(
            {id(movie): movie for movie in self._movies.values() if name in movie.names}.values(),
            key=lambda movie: min(movie.movie_ids),
        )

    def unite(self, movie: Movie, other: Movie) -> None:
        for mine, others in zip(_parts(movie), _parts(other), strict=True):
            mine.update(others)
        for movie_id in other.movie_ids:
            self._movies[movie_id] = movie
        self.names |= movie.names

    def merges(self) -> Iterator[tuple[int, int]]:
        for movie_id, movie in self._movies.items():
            if movie_id != (kept := min(movie.movie_ids)):
                yield kept, movie_id

    def _load(self, which: str, values: dict[str, Any]) -> None:
        self._cursor.execute(which + _SAYS, values)
        for movie_id, *parts in self._cursor.fetchall():
            self._movies.setdefault(movie_id, Movie({movie_id}, *map(set, parts)))


def _parts(movie: Movie) -> tuple[set[Any], ...]:
    return movie.movie_ids, movie.names, movie.kinds, movie.sources, movie.directors, movie.actors


def _compare(movies: _Movies, name: str) -> None:
    """Unite the films of a name that are one."""
    called = movies.called(name)
    for movie, other in combinations(called, 2):
        if not _differ(movie, other) and _have_makers_in_common(movie, other):
            movies.unite(movie, other)
            movies.names.add(name)
            return
    if len(called) == 2 and not _differ(*called) and not (called[0].directors and called[1].directors):
        movies.unite(*called)


def _differ(movie: Movie, other: Movie) -> bool:
    return not movie.kinds.isdisjoint(other.kinds) or not movie.sources.isdisjoint(other.sources)


def _have_makers_in_common(movie: Movie, other: Movie) -> bool:
    if len(movie.actors & other.actors) >= _CAST_IN_COMMON:
        return True
    return any(are_alike(name, others) for name in movie.directors for others in other.directors)


def are_alike(name: str, other: str) -> bool:
    """Whether two folded names may be one person's: of those between the first and the last any may be missing, or
    shortened to its first letter."""
    shorter, longer = sorted((name.split(), other.split()), key=len)
    if len(shorter) < 2:
        return shorter == longer
    if (shorter[0], shorter[-1]) != (longer[0], longer[-1]):
        return False
    rest = iter(longer[1:-1])
    return all(any(_abbreviates(middle, full) for full in rest) for middle in shorter[1:-1])


def _abbreviates(name: str, other: str) -> bool:
    return name == other or (1 in (len(name), len(other)) and name[0] == other[0])


# Two films that both have ids of one kind have different ones: each id is one film's.
_NO_IDS_OF_ONE_KIND = """
    NOT EXISTS (
        SELECT FROM movies_externalid AS mine JOIN movies_externalid AS theirs
            ON split_part(theirs.name, ':', 1) = split_part(mine.name, ':', 1)
         WHERE mine.movie_id = incoming.movie_id AND theirs.movie_id = other.movie_id)
"""
_FIND = f"""
    SELECT DISTINCT incoming.title_key || '|' || coalesce(incoming.year::text, ''), NULL::bigint, NULL::bigint
      FROM incoming, LATERAL (
          SELECT id AS movie_id FROM movies_movie
           WHERE title_key = incoming.title_key AND year IS NOT DISTINCT FROM incoming.year
             AND id <> incoming.movie_id OFFSET 0
      ) AS other
     WHERE {_NO_IDS_OF_ONE_KIND}
     UNION
    SELECT known.called, NULL, NULL
      FROM incoming, LATERAL (
          SELECT called, movie_id FROM movies_sourcerow
           WHERE called <> '' AND called = incoming.title_key || '|' || coalesce(incoming.year::text, '')
             AND movie_id <> incoming.movie_id OFFSET 0
      ) AS known
     UNION
    SELECT NULL, incoming.movie_id, known.movie_id
      FROM incoming, unnest(ids) AS name, LATERAL (
          SELECT movie_id FROM movies_externalid
           WHERE movies_externalid.name = name.name AND movie_id <> incoming.movie_id OFFSET 0
      ) AS known
     UNION
    SELECT incoming.title_key || '|' || coalesce(incoming.year::text, ''), other.movie_id, incoming.movie_id
      FROM incoming, LATERAL (
          SELECT id AS movie_id FROM movies_movie
           WHERE title_key = incoming.title_key AND year IS NOT DISTINCT FROM incoming.year
             AND id <> incoming.movie_id OFFSET 0
      ) AS other
     WHERE incoming.is_new AND incoming.ids <> '{{}}' AND NOT ({_NO_IDS_OF_ONE_KIND})
       AND EXISTS (
           SELECT FROM movies_sourcerow AS known
            WHERE known.movie_id = other.movie_id
              AND starts_with(known.key, incoming.title_key || '|' || coalesce(incoming.year::text, '') || '|'))
"""  # noqa: S608  # made of the fragment above
# Of a film, the rows without ids that name it so and a director, each with that; and whether others say who made it.
_ROWS = """
    SELECT jsonb_agg(jsonb_build_array(id, substr(key, length(%(name)s) + 2))) FILTER (WHERE is_named),
           coalesce(bool_or(makers) FILTER (WHERE NOT is_named), false)
      FROM (SELECT id, key, starts_with(key, %(name)s || '|') AND key <> %(name)s || '|' AS is_named,
                   gives && '{directors,actors}' OR coalesce(unused ?| '{directors,actors}', false) AS makers
              FROM movies_sourcerow WHERE movie_id = %(movie_id)s) AS known
"""
_BY_ID = "WITH wanted AS (SELECT %(movie_id)s::bigint AS id)"
_BY_NAME = """
    WITH wanted AS (
        SELECT id FROM movies_movie WHERE title_key = %(title_key)s AND year IS NOT DISTINCT FROM %(year)s::smallint
         UNION
        SELECT movie_id FROM movies_sourcerow WHERE called <> '' AND called = %(name)s AND movie_id IS NOT NULL
    )
"""
_MADE_BY = """
    ARRAY(SELECT person.name_key
            FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
           WHERE credit.movie_id = movie.id AND credit.role = '{role}')
"""
_SAYS = f"""
    SELECT movie.id,
           ARRAY(SELECT movie.title_key || '|' || coalesce(movie.year::text, '')
                  UNION SELECT called FROM movies_sourcerow WHERE movie_id = movie.id AND called <> ''),
           ARRAY(SELECT split_part(name, ':', 1) FROM movies_externalid WHERE movie_id = movie.id),
           ARRAY(SELECT source FROM movies_sourcerow WHERE movie_id = movie.id),
           {_MADE_BY.format(role="director")}, {_MADE_BY.format(role="cast")}
      FROM movies_movie AS movie WHERE movie.id = ANY (ARRAY(SELECT id FROM wanted))
"""  # noqa: S608  # made of the fragments above
