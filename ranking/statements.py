"""What is asked of the rankings most, each one prepared statement: docs/adr/0014.

In pages PostgreSQL writes the JSON of the films; a like is one call of a function (ranking/migrations/0003).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from movies.statements import likes_sql, summary_json
from netflix.api.lines import Line, Lines, lines_sql
from netflix.api.pagination import Ordering, Window
from netflix.api.prepared import Query, Statement
from ranking import formulas
from ranking.selectors import WINDOWS, Board, ViewerFacts, half_lives

# Beyond every place: a page from the start is one after this.
_TOP = {"likes": 2**63 - 1, "_id": 0}
_SQL = {"_id": ("-movie_id", "bigint"), "likes": ("likes", "bigint")}


def ranked(ordering: Ordering, genre: str | None) -> Window:
    """The films of the genre of exactly this name, or of the whole catalogue, best first."""
    keys = ordering.keys

    def window(values: tuple[Any, ...], descending: bool, limit: int) -> Query[Lines]:
        start = values or [_TOP.get(key, "Infinity") for key in keys]
        statement = _page(keys, descending=descending, of_genre=genre is not None)
        asked = (*start, limit) if genre is None else (*start, limit, genre)
        return Query(statement, asked, Lines.of)

    return window


def values_of(ordering: Ordering) -> Callable[[Line], list[Any]]:
    """What reads the ordering's keys out of a line."""
    numbers = [int if key in _SQL else float for key in ordering.keys]
    return lambda line: [number(text) for number, text in zip(numbers, line[1:], strict=True)]


def ranked_json(board: Board, at: datetime) -> Callable[[Line, int], bytes]:
    """What writes a line and its rank as `Board.ranked` has them."""
    column = board.column
    if column in _SQL:
        return lambda line, rank: b'{"rank":%d,"score":%b,%b' % (rank, line[1], line[0][1:])

    def with_score(line: Line, rank: int) -> bytes:
        score = orjson.dumps(board.score({column: float(line[1])}, at))
        return b'{"rank":%d,"score":%b,%b' % (rank, score, line[0][1:])

    return with_score


@dataclass(frozen=True, slots=True)
class Change:
    """What a like, or its taking back, has come to, and how many like the film then."""

    outcome: str  # in the function's words: ranking/migrations
    likes: int


def like(*, user_id: int, movie_id: int) -> Query[Change]:
    """Done again, it does nothing more. A film that is not ranked is left as it is."""
    return _change(_LIKE, user_id, movie_id)


def unlike(*, user_id: int, movie_id: int) -> Query[Change]:
    """Done again, it does nothing more."""
    return _change(_UNLIKE, user_id, movie_id)


def viewer_facts(user_id: int, movie_id: int) -> Query[ViewerFacts]:
    """What a film's page tells the viewer who looks at it."""
    return Query(_LIKED, (user_id, movie_id), lambda rows: {"liked": rows[0][0] == b"t"})


def _change(statement: Statement, user_id: int, movie_id: int) -> Query[Change]:
    hours = ",".join(str(half_lives()[window]) for window in WINDOWS)
    values = (user_id, movie_id, formulas.LANDMARK, f"{{{hours}}}")
    return Query(statement, values, lambda rows: Change(rows[0][0].decode(), int(rows[0][1])))


_LIKED = Statement("SELECT EXISTS (SELECT FROM ranking_like WHERE user_id = $1 AND movie_id = $2)")
_LIKE, _UNLIKE = (
    Statement(f"SELECT outcome, coalesce(counted, {likes_sql('$2')}) FROM {function}($1, $2, $3, $4)", writes=True)
    for function in ("ranking_like_movie", "ranking_unlike_movie")
)


@cache
def _page(keys: tuple[str, ...], *, descending: bool, of_genre: bool) -> Statement:
    """Places first, from one range of an index; what is shown of the films then."""
    beyond, direction = ("<", "DESC") if descending else (">", "ASC")
    columns = [_SQL.get(key, (key, "float8")) for key in keys]
    sql = ", ".join(column for column, _ in columns)
    start = ", ".join(f"${place}::{kind}" for place, (_, kind) in enumerate(columns, start=1))
    order = ", ".join(f"{column} {direction}" for column, _ in columns)
    limit = len(keys) + 1
    genre = f"= (SELECT id FROM movies_genre WHERE name = ${limit + 1})" if of_genre else "IS NULL"
    names = [f"key_{place}" for place in range(1, limit)]
    page = f"""
        (SELECT movie_id, {", ".join(f"{column} AS {name}" for (column, _), name in zip(columns, names, strict=True))}
           FROM ranking_standing
          WHERE genre_id {genre} AND ({sql}) {beyond} ({start}) ORDER BY {order} LIMIT ${limit}) AS page
    """
    return Statement(lines_sql(summary_json("page.movie_id"), names, page))
