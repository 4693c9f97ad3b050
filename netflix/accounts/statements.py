"""Prepared statements about users: docs/adr/0014."""

from knox.crypto import hash_token

from netflix.hot.statements import Query, Statement

# Not cached: a revoked token or a blocked user is refused at once.
_VIEWER = Statement(
    """
    SELECT token.user_id FROM knox_authtoken AS token JOIN accounts_user AS person ON person.id = token.user_id
     WHERE token.digest = %(digest)s AND (token.expiry IS NULL OR token.expiry >= now()) AND person.is_active
    """
)


def viewer_of(token: str) -> Query[int | None]:
    """Query for the id of the token's owner; its result is None if the token is not valid."""
    return Query(_VIEWER, {"digest": hash_token(token)}, lambda rows: int(rows[0][0]) if rows else None)
