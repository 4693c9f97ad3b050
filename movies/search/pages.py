"""A page of the best: from the best match down, in each from the most popular films down, and no further than needed.

An arm is one way to match in one tier. Arms are values of one prepared statement, whatever is asked; each leaves out
what matches in a better way, so that no film comes twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from movies.search.matching import Match, arms_of
from movies.search.queries import read_all
from movies.search.tiers import TIERS
from netflix.api.pagination import Ordering
from netflix.hot.statements import Lane, Query, Row, Statement

Arm = tuple[int, str]  # a `Match`, and PostgreSQL's tsquery of the films that match so and no better
_REMEMBERED = 1000  # values of pages, a few kilobytes each
ANY_TIER = "\0"  # where the digit of a tier goes; no text of PostgreSQL has this
RELEVANCE = Ordering("relevance", ("_match", "_votes", "id"), descending=True)

# PostgreSQL knows that places come in order: it takes films arm by arm, those of an arm in its order, and executes no
# arm once the page is full. Told to order the films of a place as well, it would look into one more arm for that.
_PAGE = """
    SELECT match, votes, movie_id FROM (
        SELECT arm.match, arm.place, film.votes, film.movie_id
          FROM unnest(string_to_array({tsqueries}, E'\\n')::tsquery[], string_to_array({ways}, ',')::int[])
               WITH ORDINALITY AS arm (query, match, place)
         CROSS JOIN LATERAL (
             SELECT votes, movie_id FROM movies_searchdocument
              WHERE document @@ arm.query {within}
                AND (arm.match <> {match} OR (votes, movie_id) {beyond} ({votes}, {movie_id}))
              ORDER BY votes {direction}, movie_id {direction} LIMIT {limit}
         ) AS film
         ORDER BY arm.place LIMIT {limit}
    ) AS film
    ORDER BY place, votes {direction}, movie_id {direction}
"""
_PLACES = {name: f"%({name})s" for name in ("tsqueries", "ways", "match", "votes", "movie_id", "limit")}


def page_sql(*, best_first: bool, within: str = "") -> str:
    """The page for a statement with `page_values`: `match`, `votes` and `movie_id` of each film.

    `within` is SQL that selects the ids of the films that may be on it.
    """
    return _page_sql(best_first=best_first, within=f"AND movie_id IN ({within})" if within else "", **_PLACES)


def first_page_sql(*, tsqueries: str, ways: str, limit: int) -> str:
    """The same of a first page, by the placeholders of `as_values`."""
    start = dict.fromkeys(("match", "votes", "movie_id"), "0")
    return _page_sql(best_first=True, within="", tsqueries=tsqueries, ways=ways, limit=str(limit), **start)


def page_values(texts: Iterable[str], after: Iterable[Any], *, best_first: bool) -> Mapping[str, Any]:
    """What a page of the films that match one of these queries reads, by placeholder, but for the `limit`.

    It is from the start, or beyond the match, votes and id of a film.
    """
    return _page_values(tuple(texts), tuple(after), best_first)


@lru_cache(_REMEMBERED)
def _page_values(texts: tuple[str, ...], after: tuple[Any, ...], best_first: bool) -> Mapping[str, Any]:
    match, votes, movie_id = map(int, after or (0, 0, 0))
    arms = in_tiers(arms_of(read_all(texts), ANY_TIER))
    if not best_first:
        arms.reverse()
    if after:
        arms = [(way, tsquery) for way, tsquery in arms if way == match or (way < match) == best_first]
    tsqueries, ways = as_values(arms)
    return {"tsqueries": tsqueries, "ways": ways, "match": match, "votes": votes, "movie_id": movie_id}


def as_values(arms: Sequence[Arm]) -> list[str]:
    """As PostgreSQL's texts: the queries, and the ways."""
    return ["\n".join(tsquery for _, tsquery in arms), ",".join(str(way) for way, _ in arms)]


def in_tiers(arms: Iterable[Arm]) -> list[Arm]:
    """Those of any tier in each, the most popular first."""
    return [(int(way), tsquery.replace(ANY_TIER, str(tier))) for way, tsquery in arms for tier in TIERS]


def best(texts: Sequence[str]) -> Query[tuple[Match, int] | None]:
    """How well the film matches that matches one of these queries best, and its id; None if no film does."""

    def result(rows: list[Row]) -> tuple[Match, int] | None:
        return (Match(int(rows[0][0])), int(rows[0][2])) if rows else None

    return Query(_BEST, {**page_values(texts, (), best_first=True), "limit": 1}, result)


def _page_sql(*, best_first: bool, **parts: str) -> str:
    beyond, direction = ("<", "DESC") if best_first else (">", "ASC")
    return _PAGE.format(beyond=beyond, direction=direction, **parts)


_BEST = Statement(page_sql(best_first=True), lane=Lane.SLOW)
