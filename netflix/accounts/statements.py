"""What is asked about people at every request, as a prepared statement: docs/adr/0014."""

from knox.crypto import hash_token

from netflix.hot.statements import Query, Statement

# A token that was revoked, or a person who was blocked, a moment ago is not found any more.
_VIEWER = Statement(
    """
    SELECT token.user_id FROM knox_authtoken AS token JOIN accounts_user AS person ON person.id = token.user_id
     WHERE token.digest = %(digest)s AND (token.expiry IS NULL OR token.expiry >= now()) AND person.is_active
    """
)


def viewer_of(token: str) -> Query[int | None]:
    """The id of the person who is logged in with this token; None for a token that opens nothing."""
    return Query(_VIEWER, {"digest": hash_token(token)}, lambda rows: int(rows[0][0]) if rows else None)
