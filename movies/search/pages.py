"""Pages of search results, by match and then popularity, which read no more of the index than they need.

An arm is one match in one tier. Arms are parameters of one prepared statement for all searches; each excludes the films
of better matches, so that no film comes twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from movies.search.matching import Match, arms_of
from movies.search.queries import parse_queries
from movies.search.tiers import TIERS
from netflix.api.pagination import Ordering
from netflix.hot.statements import Lane, Query, Row, Statement

_MAX_CACHED = 1000  # parameters of pages, a few kilobytes each

Arm = tuple[int, str]  # a `Match`, and the tsquery of the films that have this match and no better one
ANY_TIER = "\0"  # placeholder for the digit of a tier
RELEVANCE = Ordering("relevance", ("_match", "_votes", "id"), descending=True)

# PostgreSQL knows that `place` is sorted, so it executes arm by arm, and stops when the page is full. Ordering by votes
# in the inner query too would execute one extra arm.
_PAGE = """
    SELECT match, votes, movie_id FROM (
        SELECT arm.match, arm.place, movie.votes, movie.movie_id
          FROM unnest(string_to_array({tsqueries}, E'\\n')::tsquery[], string_to_array({matches}, ',')::int[])
               WITH ORDINALITY AS arm (query, match, place)
         CROSS JOIN LATERAL (
             SELECT votes, movie_id FROM movies_searchdocument
              WHERE document @@ arm.query {within}
                AND (arm.match <> {match} OR (votes, movie_id) {beyond} ({votes}, {movie_id}))
              ORDER BY votes {direction}, movie_id {direction} LIMIT {limit}
         ) AS movie
         ORDER BY arm.place LIMIT {limit}
    ) AS movie
    ORDER BY place, votes {direction}, movie_id {direction}
"""
_PLACES = {name: f"%({name})s" for name in ("tsqueries", "matches", "match", "votes", "movie_id", "limit")}


def page_sql(*, best_first: bool, within: str = "") -> str:
    """SQL of a page, with the parameters of `page_values`: `match`, `votes` and `movie_id` of each film.

    `within` is SQL that selects the ids of the films to search.
    """
    return _page_sql(best_first=best_first, within=f"AND movie_id IN ({within})" if within else "", **_PLACES)


def first_page_sql(*, tsqueries: str, matches: str, limit: int) -> str:
    """SQL of a first page, with the parameters of `as_values`."""
    start = dict.fromkeys(("match", "votes", "movie_id"), "0")
    return _page_sql(best_first=True, within="", tsqueries=tsqueries, matches=matches, limit=str(limit), **start)


def page_values(texts: Iterable[str], after: Iterable[Any], *, best_first: bool) -> Mapping[str, Any]:
    """The parameters of `page_sql`, except `limit`, for the films that match one of these queries.

    `after` has the match, votes and id of the film before the page; it is empty for the first page.
    """
    return _page_values(tuple(texts), tuple(after), best_first)


@lru_cache(_MAX_CACHED)
def _page_values(texts: tuple[str, ...], after: tuple[Any, ...], best_first: bool) -> Mapping[str, Any]:
    match, votes, movie_id = map(int, after or (0, 0, 0))
    arms = in_tiers(arms_of(parse_queries(texts), ANY_TIER))
    if not best_first:
        arms.reverse()
    if after:
        arms = [(way, tsquery) for way, tsquery in arms if way == match or (way < match) == best_first]
    tsqueries, matches = as_values(arms)
    return {"tsqueries": tsqueries, "matches": matches, "match": match, "votes": votes, "movie_id": movie_id}


def as_values(arms: Sequence[Arm]) -> list[str]:
    """The tsqueries and the matches of the arms, each as one text."""
    return ["\n".join(tsquery for _, tsquery in arms), ",".join(str(way) for way, _ in arms)]


def in_tiers(arms: Iterable[Arm]) -> list[Arm]:
    """Each arm of ANY_TIER in every tier, the most popular first."""
    return [(int(way), tsquery.replace(ANY_TIER, str(tier))) for way, tsquery in arms for tier in TIERS]


def best(texts: Sequence[str]) -> Query[tuple[Match, int] | None]:
    """Query for the best match of any of these queries and the film's id; None without a match."""

    def result(rows: list[Row]) -> tuple[Match, int] | None:
        return (Match(int(rows[0][0])), int(rows[0][2])) if rows else None

    return Query(_BEST, {**page_values(texts, (), best_first=True), "limit": 1}, result)


def _page_sql(*, best_first: bool, **parts: str) -> str:
    beyond, direction = ("<", "DESC") if best_first else (">", "ASC")
    return _PAGE.format(beyond=beyond, direction=direction, **parts)


_BEST = Statement(page_sql(best_first=True), lane=Lane.SLOW)
