from django.contrib.auth.models import AbstractBaseUser
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed


class BearerTokenAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`, as in RFC 6750."""

    def authenticate_credentials(self, token: bytes) -> tuple[AbstractBaseUser, AuthToken]:
        # Knox decodes and looks up whatever bytes the header holds; its own tokens are hexadecimal.
        if not token.isalnum() or not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        authenticated: tuple[AbstractBaseUser, AuthToken] = super().authenticate_credentials(token)
        return authenticated
