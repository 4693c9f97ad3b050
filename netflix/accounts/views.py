from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from knox.settings import knox_settings
from knox.views import LogoutView as KnoxLogoutView
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.accounts.authentication import BearerTokenAuthentication
from netflix.accounts.serializers import LoginSerializer, TokenSerializer
from netflix.api.throttles import LoginThrottle


class LoginView(GenericAPIView):
    """Trade a username and password for a token.

    An unknown name and a wrong password get the same answer; whoever guesses too often gets a 429.
    """

    authentication_classes = [BearerTokenAuthentication]
    permission_classes = [AllowAny]
    throttle_classes = [LoginThrottle]
    serializer_class = LoginSerializer

    def perform_authentication(self, request: Request) -> None:
        """Skipped: an expired token in the header must not keep anyone from logging in."""

    @extend_schema(operation_id="login", responses={200: TokenSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        credentials = self.get_serializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request._request, **credentials.validated_data)
        if user is None:
            raise AuthenticationFailed("The username or the password is wrong.", code="invalid_credentials")
        session, token = AuthToken.objects.create(user=user, expiry=knox_settings.TOKEN_TTL)
        return Response(TokenSerializer({"token": token, "expiry": session.expiry}).data)


class LogoutView(KnoxLogoutView):
    """Revoke the token that the request carries."""

    authentication_classes = [BearerTokenAuthentication]

    @extend_schema(operation_id="logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response
