from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from netflix.accounts import last_used
from netflix.accounts.statements import viewer_query
from netflix.hot.statements import Query


class BearerTokenAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`, as in RFC 6750."""

    @staticmethod
    def viewer_query(header: str) -> Query[int | None] | None:
        """For the fast path: query for the token owner's id. If it or its result is None, the fallback answers."""
        prefix, _, token = header.partition(" ")
        return viewer_query(token) if prefix == "Bearer" and token.isalnum() and token.isascii() else None

    def authenticate_credentials(self, token: bytes) -> tuple[AbstractBaseUser, AuthToken]:
        # Knox decodes and looks up any bytes; its own tokens are hexadecimal.
        if not token.isalnum() or not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        authenticated: tuple[AbstractBaseUser, AuthToken] = super().authenticate_credentials(token)
        last_used.record(authenticated[1].digest)
        return authenticated

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """Whether this token has expired. A nightly task deletes it; Knox's own method would read and delete all
        expired tokens of the user at every request.
        """
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()
