"""The product's own SQL, for peers that execute it with other drivers: it cannot become other SQL unnoticed.

Likes are changed by `functions.sql`, by all peers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest

from netflix.api.pagination import Cursor
from netflix.hot.lists import KeysetList
from netflix.hot.statements import Statement


class Sql(NamedTuple):
    """SQL with `$1`, `$2` ..., and the names of the values in their order."""

    text: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, statement: Statement) -> "Sql":
        return cls(statement.sql, statement.names)


_OF_VIEWER = """
    SELECT {function}(token.user_id, $1)
      FROM knox_authtoken AS token JOIN accounts_user AS viewer ON viewer.id = token.user_id
     WHERE token.digest = $2 AND (expiry IS NULL OR expiry > now()) AND is_active
"""
# Film, digest of the token -> its likes; null for a film that is not there, no row for a token that is not known.
LIKE, UNLIKE = (
    Sql(_OF_VIEWER.format(function=function), ("movie_id", "digest"))
    for function in ("benchmark_like", "benchmark_unlike")
)


def page_sql(listed: KeysetList, query: Mapping[str, Any], *, after: bool = False, login: bool = False) -> Sql:
    """For a page of requests that have the parameters of `query`, and perhaps a login; `after`: one in the middle."""
    request = HttpRequest()
    request.META["QUERY_STRING"] = urlencode(query)
    asked = listed.page_request(request, viewer_id=0 if login else None)
    if after:
        asked = asked._replace(cursor=Cursor(values=("0",) * len(asked.ordering.keys)))
    return Sql.of(listed.statement(asked))


def rows_and_keys(page: Sequence[str | None]) -> tuple[list[str], list[str]]:
    """Of the one row that such a page is: the JSON of each row, and a JSON array of what the list is ordered by."""
    _, rows, keys = page
    return (rows.split("\n"), keys.split("\n")) if rows and keys else ([], [])
