"""Prepared statements for likes; each calls one SQL function (ranking/sql/)."""

from collections.abc import Collection
from dataclasses import dataclass

from movies.statements import likes_sql
from netflix.hot.statements import Lane, Query, Row, Statement
from ranking import formulas
from ranking.models import Like
from ranking.selectors import WINDOWS, ViewerFacts, half_lives

# Adds `liked` to films in lists: see `movies.rows.ViewerFlags`.
VIEWER_LISTS = {"liked": Like}


@dataclass(frozen=True, slots=True)
class LikeChange:
    """The result of liking or unliking a film; `likes` is how many people like it afterwards."""

    outcome: str  # as ranking/sql/like.sql and unlike.sql document it
    likes: int


def like(*, user_id: int, movie_id: int) -> Query[LikeChange]:
    """Query that likes a film. Idempotent. Writes nothing if the film is not ranked yet."""
    return _change(_LIKE, user_id, movie_id)


def unlike(*, user_id: int, movie_id: int) -> Query[LikeChange]:
    """Query that unlikes a film. Idempotent."""
    return _change(_UNLIKE, user_id, movie_id)


def like_all(*, user_id: int, movie_ids: Collection[int]) -> Query[dict[int | None, str]]:
    """Query that likes films; its result is the outcome by id (ranking/sql/like_all.sql)."""
    values = {"user_id": user_id, "movie_ids": f"{{{','.join(map(str, movie_ids))}}}", **_formula()}

    def result(rows: list[Row]) -> dict[int | None, str]:
        return {None if movie_id is None else int(movie_id): outcome.decode() for movie_id, outcome in rows}

    return Query(_LIKE_ALL, values, result)


def viewer_facts(user_id: int, movie_id: int) -> Query[ViewerFacts]:
    """Query for whether a viewer likes a film."""
    return Query(_LIKED, {"user_id": user_id, "movie_id": movie_id}, lambda rows: {"liked": rows[0][0] == b"t"})


def _change(statement: Statement, user_id: int, movie_id: int) -> Query[LikeChange]:
    values = {"user_id": user_id, "movie_id": movie_id, **_formula()}
    return Query(statement, values, lambda rows: LikeChange(rows[0][0].decode(), int(rows[0][1])))


def _formula() -> dict[str, object]:
    hours = ",".join(str(half_lives()[window]) for window in WINDOWS)
    return {"landmark": formulas.LANDMARK, "half_lives": f"{{{hours}}}"}


_LIKE_ALL = Statement(
    "SELECT * FROM ranking_like_movies(%(user_id)s, %(movie_ids)s, %(landmark)s, %(half_lives)s)", lane=Lane.WRITE
)
_LIKED = Statement("SELECT EXISTS (SELECT FROM ranking_like WHERE user_id = %(user_id)s AND movie_id = %(movie_id)s)")
_LIKE, _UNLIKE = (
    Statement(
        f"""
        SELECT outcome, coalesce(counted, {likes_sql("%(movie_id)s")})
          FROM {function}(%(user_id)s, %(movie_id)s, %(landmark)s, %(half_lives)s)
        """,
        lane=Lane.WRITE,
        locked_row_key="movie_id",
    )
    for function in ("ranking_like_movie", "ranking_unlike_movie")
)
