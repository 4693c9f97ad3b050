from contextlib import suppress
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from knox.settings import knox_settings
from knox.views import LogoutView as KnoxLogoutView
from rest_framework import status
from rest_framework.exceptions import (
    AuthenticationFailed,
    ErrorDetail,
    NotAuthenticated,
    Throttled,
    ValidationError,
)
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.accounts import email, services
from netflix.accounts.authentication import BearerTokenAuthentication
from netflix.accounts.models import User
from netflix.accounts.serializers import (
    LoginSerializer,
    MeSerializer,
    RegisterSerializer,
    TokenSerializer,
    VerifyEmailSerializer,
)
from netflix.api.conditions import CONDITIONS, ConditionalView
from netflix.api.errors import Conflict, UserErased
from netflix.api.permissions import viewer_id
from netflix.api.schema import error_response
from netflix.api.serializers import NoBody
from netflix.api.throttles import WriteThrottle
from netflix.api.views import StrictView
from netflix.idempotency.decorator import idempotent


class OpenDoor(StrictView):
    """Needs no token and ignores one: an expired token must not cause a 401."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []  # the middleware RateLimits counts requests to PASSWORD_PATHS

    def get_authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of a 401."""
        header: str = BearerTokenAuthentication().authenticate_header(request)
        return header


class RegisterView(OpenDoor):
    """Sign up, and get an e-mail with a link that verifies the address. Log in afterwards to get a token."""

    serializer_class = RegisterSerializer

    @extend_schema(
        operation_id="register", responses={201: MeSerializer, 409: error_response("`username_taken`.")}, auth=[]
    )
    def post(self, request: Request) -> Response:
        person = self.validated(request)
        try:
            user = services.register(**person)
        except services.UsernameTaken as error:
            raise Conflict("This name is taken. Choose another one.", code="username_taken") from error
        with suppress(email.AskedTooOften, UserErased):  # they can request a link later
            email.ask(user)
        return Response(MeSerializer(user).data, status=status.HTTP_201_CREATED)


class MeView(ConditionalView):
    """The account that is logged in."""

    name = "Me"
    permission_classes = [IsAuthenticated]
    serializer_class = MeSerializer

    @extend_schema(operation_id="me")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(request.user).data)

    def representation(self, request: Request) -> Any:  # type: ignore[override]
        return self.get_serializer(User.objects.get(pk=viewer_id(request))).data

    def lock(self, request: Request) -> None:  # type: ignore[override]
        services.hold_user(viewer_id(request), alone=True)

    @extend_schema(operation_id="erase_me", parameters=CONDITIONS, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Erase me and everything of mine: likes, reminders, watched films, notices, logins. There is no way back."""
        with transaction.atomic():  # ends before `erase`, which commits in steps to keep its locks short
            self.check_conditions(request)
        with suppress(User.DoesNotExist):  # already erased by a concurrent request
            services.erase(user_id=viewer_id(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LoginView(OpenDoor):
    """Exchange a username and password for a token.

    An unknown name and a wrong password get the same answer; after too many failures the answer is 429.
    """

    serializer_class = LoginSerializer

    @extend_schema(
        operation_id="login", responses={200: TokenSerializer, 401: error_response("`invalid_credentials`.")}, auth=[]
    )
    def post(self, request: Request) -> Response:
        user = authenticate(request._request, **self.validated(request))
        if user is None:
            raise AuthenticationFailed("The username or the password is wrong.", code="invalid_credentials")
        with transaction.atomic():
            services.hold_user(user.pk)
            user_logged_in.send(sender=type(user), request=request._request, user=user)  # resets the count of failures
            session, token = AuthToken.objects.create(user=user, expiry=knox_settings.TOKEN_TTL)
        return Response(TokenSerializer({"token": token, "expiry": session.expiry}).data)


class LogoutView(StrictView, KnoxLogoutView):
    """Revoke the token that the request carries."""

    authentication_classes = [BearerTokenAuthentication]
    serializer_class = NoBody

    @extend_schema(operation_id="logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        self.validated(request)
        response: Response = super().post(request)
        return response


class VerifyEmailView(OpenDoor):
    """Verify an e-mail address with the token of the link that was sent there. For apps that open the link."""

    serializer_class = VerifyEmailSerializer
    throttle_classes = [WriteThrottle]

    @extend_schema(operation_id="verify_email", responses={204: None}, auth=[])
    def post(self, request: Request) -> Response:
        try:
            email.verify(self.validated(request)["token"])
        except email.BadLink as error:
            detail = "It is too old, not whole, or of an address that has changed since. Ask for a new link."
            raise ValidationError({"token": ErrorDetail(detail, "bad_link")}) from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class SendEmailLinkView(StrictView):
    """Send the verification link to my e-mail address again, unless the address is verified."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(operation_id="send_email_link", request=None, responses={200: MeSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        self.validated(request)
        user = User.objects.filter(pk=viewer_id(request)).first()
        if user is None:  # erased in the meantime
            raise NotAuthenticated
        try:
            email.ask(user)
        except email.AskedTooOften as error:
            raise Throttled(detail="Enough links were sent to this address today. Try again tomorrow.") from error
        return Response(MeSerializer(user).data)
