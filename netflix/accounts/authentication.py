from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from netflix.accounts.statements import viewer_of
from netflix.hot.statements import Query


class BearerTokenAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`, as in RFC 6750."""

    @staticmethod
    def viewer_query(header: str) -> Query[int | None] | None:
        """For hot reads: whose token the header holds; None, of either, for whatever is not to be answered shortly."""
        prefix, _, token = header.partition(" ")
        return viewer_of(token) if prefix == "Bearer" and token.isalnum() and token.isascii() else None

    def authenticate_credentials(self, token: bytes) -> tuple[AbstractBaseUser, AuthToken]:
        # Knox decodes and looks up whatever bytes the header holds; its own tokens are hexadecimal.
        if not token.isalnum() or not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        authenticated: tuple[AbstractBaseUser, AuthToken] = super().authenticate_credentials(token)
        return authenticated

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """Whether this token has expired. Knox looks through all tokens of the person here, at every request; what has
        expired meanwhile is removed by the nightly task, and opens nothing until then.
        """
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()
