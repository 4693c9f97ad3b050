"""Prepared statements about users: docs/adr/0014."""

from knox.crypto import hash_token

from netflix.accounts import last_used
from netflix.hot.statements import Query, Row, Statement

# Not cached: a revoked token or a blocked user is refused at once.
_VIEWER = Statement(
    """
    SELECT token.user_id FROM knox_authtoken AS token JOIN accounts_user AS person ON person.id = token.user_id
     WHERE token.digest = %(digest)s AND (token.expiry IS NULL OR token.expiry >= now()) AND person.is_active
    """
)


def viewer_query(token: str) -> Query[int | None]:
    """Query for the id of the token's owner; its result is None if the token is not valid."""
    digest = hash_token(token)

    def result(rows: list[Row]) -> int | None:
        if not rows:
            return None
        last_used.record(digest)
        return int(rows[0][0])

    return Query(_VIEWER, {"digest": digest}, result)
