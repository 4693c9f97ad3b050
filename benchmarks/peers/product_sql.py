"""The SQL of the product's reads, for peers that execute it with other drivers.

Writes of likes are in `functions.sql`, for all peers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest

from netflix.api.pagination import Cursor
from netflix.hot.lists import KeysetList
from netflix.hot.statements import Statement


class Sql(NamedTuple):
    """SQL with the parameters `$1`, `$2` ..., and their names in this order."""

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
# Returns the film's likes: null if there is no such film, no row if the token is invalid.
LIKE, UNLIKE = (
    Sql(_OF_VIEWER.format(function=function), ("movie_id", "digest"))
    for function in ("benchmark_like", "benchmark_unlike")
)


def page_sql(listed: KeysetList, query: Mapping[str, Any], *, after: bool = False, login: bool = False) -> Sql:
    """The SQL for a page of requests with these parameters: the first page, or with `after` a later one."""
    request = HttpRequest()
    request.META["QUERY_STRING"] = urlencode(query)
    page_request = listed.page_request(request, viewer_id=0 if login else None)
    if after:
        page_request = page_request._replace(cursor=Cursor(values=("0",) * len(page_request.ordering.keys)))
    return Sql.of(listed.statement(page_request))


def rows_and_keys(page: Sequence[str | None]) -> tuple[list[str], list[str]]:
    """Split the one row of a page into the JSON of its rows, and a JSON array of the sort keys of each."""
    _, rows, keys = page
    return (rows.split("\n"), keys.split("\n")) if rows and keys else ([], [])
