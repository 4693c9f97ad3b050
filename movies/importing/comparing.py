"""Find duplicate films after a batch has added ids, titles, years or people.

Candidates share a title and year in any of their rows, or an id. Films with different ids of one kind, or with rows of
the same data set, are never merged. Otherwise two films are duplicates
 - if they share an id,
 - if they share a director or two cast members,
 - or if one has no director and no third film has that title and year.
The order of the rows does not matter.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from movies.importing.sql_files import sql

_CAST_IN_COMMON = 2


@dataclass(slots=True)
class Candidate:
    """The combined data of one catalogue film, or of several that are duplicates."""

    movie_ids: set[int]
    names: set[str]  # folded title and year, in the format of `SourceRow.called`
    kinds: set[str]  # kinds of external ids, such as "imdb"
    sources: set[str]
    directors: set[str]
    actors: set[str]


class PossibleDuplicates(NamedTuple):
    """Possible duplicates of a batch's films.

    `names` that several films have; `pairs` of films that share an id; `rivals`: a name, the film matched to it by a
    row without ids, and another film with conflicting ids that the row could equally describe.
    """

    names: set[str]
    pairs: set[tuple[int, int]]
    rivals: set[tuple[str, int, int]]

    def __bool__(self) -> bool:
        return any(self)


def possible_duplicates(cursor: CursorWrapper) -> PossibleDuplicates:
    """Possible duplicates of the films in `incoming`, which must be stored already."""
    cursor.execute(_FIND)
    possible = PossibleDuplicates(set(), set(), set())
    for name, movie_id, other_id in cursor.fetchall():
        if name is None:
            possible.pairs.add((movie_id, other_id))
        elif movie_id is None:
            possible.names.add(name)
        else:
            possible.rivals.add((name, movie_id, other_id))
    return possible


def ambiguous_rows(cursor: CursorWrapper, possible: PossibleDuplicates) -> dict[int, list[int]]:
    """By film, the rows without ids that were matched to it by name, but may belong to a newer film of that name.

    Films whose directors or cast also come from another row are left out: the match is confirmed. So are films without
    another row, which would have no facts left. Adds the names of the rows to `possible`, because the films that are
    made of them may have duplicates, too.
    """
    movies = _Movies(cursor)
    rows: dict[int, list[int]] = {}
    for name, movie_id, other_id in sorted(possible.rivals):
        cursor.execute(_ROWS, {"movie_id": movie_id, "name": name})
        named, must_stay = cursor.fetchone()
        named = json.loads(named or "[]")
        directors = movies.of(other_id).directors
        may_be_other = not directors or any(are_alike(key, other) for _, key in named for other in directors)
        if named and may_be_other and not must_stay:
            rows[movie_id] = [row_id for row_id, _ in named]
            possible.names.add(name)
    return rows


def find_duplicates(cursor: CursorWrapper, possible: PossibleDuplicates) -> list[tuple[int, int]]:
    """Pairs of duplicates as (kept, merged) film ids. The older film is kept."""
    movies = _Movies(cursor)
    movies.load(chain.from_iterable(possible.pairs))
    movies.load_with_names(possible.names)
    for pair in sorted(possible.pairs):
        first, second = map(movies.of, pair)
        if first is not second and not _conflict(first, second):
            movies.combine(first, second)
    movies.names |= possible.names
    while movies.names:
        _compare(movies, movies.names.pop())
    return sorted(movies.merges())


class _Movies:
    """Cache of the compared films; duplicates share one `Candidate`."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        self._movies: dict[int, Candidate] = {}
        self._complete: set[str] = set()  # names whose films are all loaded
        self.names: set[str] = set()  # still to compare

    def load(self, movie_ids: Iterable[int]) -> None:
        self._load(_BY_ID, {"movie_ids": list(movie_ids)})

    def load_with_names(self, names: Collection[str]) -> None:
        """Load the films that have one of these names in any of their rows."""
        titles = [name.rpartition("|") for name in names]
        years = [year or None for _, _, year in titles]
        self._load(_BY_NAME, {"names": list(names), "title_keys": [key for key, _, _ in titles], "years": years})
        self._complete.update(names)

    def of(self, movie_id: int) -> Candidate:
        if movie_id not in self._movies:
            self.load([movie_id])
        return self._movies[movie_id]

    def with_name(self, name: str) -> list[Candidate]:
        if name not in self._complete:
            self.load_with_names([name])
        return sorted(
            {id(movie): movie for movie in self._movies.values() if name in movie.names}.values(),
            key=lambda movie: min(movie.movie_ids),
        )

    def combine(self, movie: Candidate, other: Candidate) -> None:
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
        self._cursor.execute(which + _MOVIES, values)
        for movie_id, *parts in self._cursor.fetchall():
            self._movies.setdefault(movie_id, Candidate({movie_id}, *map(set, parts)))


def _parts(movie: Candidate) -> tuple[set[Any], ...]:
    return movie.movie_ids, movie.names, movie.kinds, movie.sources, movie.directors, movie.actors


def _compare(movies: _Movies, name: str) -> None:
    """Combine the duplicates among the films with this name."""
    named = movies.with_name(name)
    for movie, other in combinations(named, 2):
        if not _conflict(movie, other) and _share_people(movie, other):
            movies.combine(movie, other)
            movies.names.add(name)
            return
    if len(named) == 2 and not _conflict(*named) and not (named[0].directors and named[1].directors):
        movies.combine(*named)


def _conflict(movie: Candidate, other: Candidate) -> bool:
    """Whether the two have ids of the same kind, or rows of the same data set."""
    return not movie.kinds.isdisjoint(other.kinds) or not movie.sources.isdisjoint(other.sources)


def _share_people(movie: Candidate, other: Candidate) -> bool:
    if len(movie.actors & other.actors) >= _CAST_IN_COMMON:
        return True
    return any(are_alike(name, others) for name in movie.directors for others in other.directors)


def are_alike(name: str, other: str) -> bool:
    """Whether two folded names may be the same person's: middle names may be missing or initials."""
    shorter, longer = sorted((name.split(), other.split()), key=len)
    if len(shorter) < 2:
        return shorter == longer
    if (shorter[0], shorter[-1]) != (longer[0], longer[-1]):
        return False
    rest = iter(longer[1:-1])
    return all(any(_abbreviates(middle, full) for full in rest) for middle in shorter[1:-1])


def _abbreviates(name: str, other: str) -> bool:
    return name == other or (1 in (len(name), len(other)) and name[0] == other[0])


_FIND = sql("15_duplicates")
# The film's rows without ids that have this name and a director; and whether they must stay: another row gives
# directors or cast, or there is no other row.
_ROWS = """
    SELECT jsonb_agg(jsonb_build_array(id, substr(key, length(%(name)s) + 2))) FILTER (WHERE is_named),
           coalesce(bool_or(names_people) FILTER (WHERE NOT is_named), true)
      FROM (SELECT id, key, starts_with(key, %(name)s || '|') AND key <> %(name)s || '|' AS is_named,
                   gives && '{directors,actors}' OR coalesce(unused ?| '{directors,actors}', false) AS names_people
              FROM movies_sourcerow WHERE movie_id = %(movie_id)s) AS known
"""
_BY_ID = "WITH wanted AS (SELECT unnest(%(movie_ids)s::bigint[]) AS id)"
_BY_NAME = """
    WITH wanted AS (
        SELECT movie.id
          FROM unnest(%(title_keys)s::text[], %(years)s::smallint[]) AS named (title_key, year),
               LATERAL (
                   SELECT id FROM movies_movie
                    WHERE title_key = named.title_key AND year IS NOT DISTINCT FROM named.year OFFSET 0
               ) AS movie
         UNION
        SELECT movie_id FROM movies_sourcerow
         WHERE called <> '' AND called = ANY(%(names)s) AND movie_id IS NOT NULL
    )
"""
_CREDITED = """
    ARRAY(SELECT person.name_key
            FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
           WHERE credit.movie_id = movie.id AND credit.role = '{role}')
"""
_MOVIES = f"""
    SELECT movie.id,
           ARRAY(SELECT movie.title_key || '|' || coalesce(movie.year::text, '')
                  UNION SELECT called FROM movies_sourcerow WHERE movie_id = movie.id AND called <> ''),
           ARRAY(SELECT split_part(name, ':', 1) FROM movies_externalid WHERE movie_id = movie.id),
           ARRAY(SELECT source FROM movies_sourcerow WHERE movie_id = movie.id),
           {_CREDITED.format(role="director")}, {_CREDITED.format(role="cast")}
      FROM movies_movie AS movie WHERE movie.id = ANY (ARRAY(SELECT id FROM wanted))
"""  # noqa: S608  # made of the fragments above
