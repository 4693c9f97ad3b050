from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_view
from knox.views import LogoutView as KnoxLogoutView
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, NotAuthenticated, Throttled, ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.accounts import email_addresses, logins, passwords, services
from netflix.accounts.authentication import BearerTokenAuthentication
from netflix.accounts.links import BAD_LINK, BadLink
from netflix.accounts.models import Login, User
from netflix.accounts.serializers import (
    WRONG_PASSWORD,
    ActiveLoginSerializer,
    ChangeEmailSerializer,
    ChangePasswordSerializer,
    ForgottenPasswordSerializer,
    LoginSerializer,
    MeSerializer,
    RegisterSerializer,
    ResetPasswordSerializer,
    TokenSerializer,
    VerifyEmailSerializer,
)
from netflix.api.conditions import CONDITIONS, ConditionalView, conditional
from netflix.api.errors import Conflict, UserErased
from netflix.api.permissions import viewer_id
from netflix.api.schema import error_response
from netflix.api.serializers import NoBody
from netflix.api.throttles import WriteThrottle
from netflix.api.views import StrictView
from netflix.hot.steps import Read
from netflix.hot.views import ConditionalReadView, OwnListView
from netflix.idempotency.decorator import idempotent


class AnonymousView(StrictView):
    """Needs no token and ignores it: an expired token must not cause a 401."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []  # the middleware RateLimits counts requests to PASSWORD_PATHS; other views add WriteThrottle

    def get_authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of a 401."""
        header: str = BearerTokenAuthentication().authenticate_header(request)
        return header


class RegisterView(AnonymousView):
    """Sign up, and get an e-mail with a link that verifies the address. Log in afterwards to get a token."""

    serializer_class = RegisterSerializer

    @extend_schema(
        operation_id="register",
        summary="Sign up",
        description="Makes an account, and sends an e-mail with a link that verifies its address. Log in afterwards "
        "to get a token.",
        responses={201: MeSerializer, 409: error_response("`username_taken`: choose another name.")},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        person = self.validated(request)
        try:
            user = services.register(**person)
        except services.UsernameTaken as error:
            raise Conflict("This name is taken. Choose another one.", code="username_taken") from error
        with suppress(email_addresses.TooManyLinks, UserErased):  # they can request a link later
            email_addresses.queue_link(user)
        return Response(MeSerializer(user).data, status=status.HTTP_201_CREATED)


class MeView(ConditionalView):
    """The account that is logged in."""

    name = "Me"
    permission_classes = [IsAuthenticated]
    serializer_class = MeSerializer

    @extend_schema(operation_id="me", summary="Get your account", description="Whose token the request carries.")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(request.user).data)

    def representation(self, request: Request) -> Any:  # type: ignore[override]
        return self.get_serializer(User.objects.get(pk=viewer_id(request))).data

    def lock(self, request: Request) -> None:  # type: ignore[override]
        services.lock_user(viewer_id(request), exclusive=True)

    @extend_schema(
        operation_id="erase_me",
        summary="Erase your account",
        description="Erases everything that belongs to it: likes, reminders, watched films, tickets, notices, logins. "
        "It cannot be undone.",
        parameters=CONDITIONS,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        with transaction.atomic():  # ends before `erase`, which commits in steps to keep its locks short
            self.check_conditions(request)
        with suppress(User.DoesNotExist):  # already erased by a concurrent request
            services.erase(user_id=viewer_id(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LoginView(AnonymousView):
    """Exchange a username and password for a token.

    An unknown name and a wrong password get the same answer; after too many failures the answer is 429.
    """

    serializer_class = LoginSerializer

    @extend_schema(
        operation_id="login",
        summary="Log in",
        description="Exchanges a username and a password for a token. An unknown name and a wrong password get the "
        "same answer; after too many failures it is a 429, `locked_out`.",
        responses={
            200: TokenSerializer,
            401: error_response("`invalid_credentials`: the name or the password is wrong."),
        },
        auth=[],
    )
    def post(self, request: Request) -> Response:
        user = authenticate(request._request, **self.validated(request))
        if not isinstance(user, User):
            raise _invalid_credentials()
        user_agent = request.headers.get("User-Agent", "")
        try:
            with transaction.atomic():
                stored, token = logins.log_in(user, user_agent=user_agent)
                user_logged_in.send(sender=User, request=request._request, user=user)  # resets the count of failures
        except services.PasswordChanged as error:
            raise _invalid_credentials() from error
        return Response(TokenSerializer({"token": token, "expiry": stored.expiry}).data)


class LogoutView(StrictView, KnoxLogoutView):
    """Revoke the token that the request carries."""

    authentication_classes = [BearerTokenAuthentication]
    serializer_class = NoBody

    @extend_schema(
        operation_id="logout",
        summary="Log out",
        description="Ends the token that the request carries. Others of the same account stay valid.",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        self.validated(request)
        response: Response = super().post(request)
        return response


class VerifyEmailView(AnonymousView):
    """Verify an e-mail address with the token of the link that was sent there, at sign-up or to change the address."""

    serializer_class = VerifyEmailSerializer
    throttle_classes = [WriteThrottle]

    @extend_schema(
        operation_id="verify_email",
        summary="Verify an e-mail address",
        description="For apps that open the link of the e-mail themselves: its `token` shows that the address is "
        "yours. In a browser the link opens a page that does this.",
        responses={204: None},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        with _translated_errors():
            email_addresses.verify(self.validated(request)["token"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class SendEmailLinkView(StrictView):
    """Send the verification link to my e-mail address again, unless the address is verified."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(
        operation_id="send_email_link",
        summary="Send the verification link again",
        description="To the address of the account. Nothing is sent if it is verified. The number of links per day is "
        "limited.",
        request=None,
        responses={200: MeSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        self.validated(request)
        user = User.objects.filter(pk=viewer_id(request)).first()
        if user is None:  # erased in the meantime
            raise NotAuthenticated
        with _translated_errors():
            email_addresses.queue_link(user)
        return Response(MeSerializer(user).data)


class ChangePasswordView(StrictView):
    """All other logins end; the login used for this request stays. A wrong `old_password` counts as a failed login."""

    permission_classes = [IsAuthenticated]
    serializer_class = ChangePasswordSerializer

    @extend_schema(operation_id="change_password", summary="Change your password", responses={204: None})
    def post(self, request: Request) -> Response:
        body = self.validated(request)
        digest = logins.token_digest(request._request) or None
        with _translated_errors("old_password"):
            user = passwords.change(body["user"], password=body["new_password"], token_to_keep=digest)
        _keep_session(request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ForgottenPasswordView(AnonymousView):
    """The link is sent to the address, and works for an hour. The answer is the same if no account has the address."""

    serializer_class = ForgottenPasswordSerializer

    @extend_schema(
        operation_id="forgot_password", summary="Ask for a link to a new password", responses={204: None}, auth=[]
    )
    def post(self, request: Request) -> Response:
        address = self.validated(request)["email"]
        with _translated_errors():
            passwords.queue_reset_link(address)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResetPasswordView(AnonymousView):
    """Sets a new password with the `token` of the link, which works once. Ends all logins of the account."""

    serializer_class = ResetPasswordSerializer

    @extend_schema(
        operation_id="reset_password", summary="Choose a new password with a link", responses={204: None}, auth=[]
    )
    def post(self, request: Request) -> Response:
        body = self.validated(request)
        with _translated_errors():
            passwords.reset(body["token"], password=body["new_password"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangeEmailView(StrictView):
    """Sends a link to the new address, which becomes yours when you open it. The old one, if verified, gets an e-mail.

    An app sends the link's token to `auth/verify-email/`. A wrong `password` counts as a failed login.
    """

    permission_classes = [IsAuthenticated]
    serializer_class = ChangeEmailSerializer

    @extend_schema(operation_id="change_email", summary="Change your e-mail address", responses={204: None})
    def post(self, request: Request) -> Response:
        body = self.validated(request)
        with _translated_errors():
            email_addresses.queue_change_link(body["user"], address=body["email"])
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    get=extend_schema(
        operation_id="list_logins", summary="List where you are logged in", responses=ActiveLoginSerializer(many=True)
    )
)
class LoginListView(OwnListView, ConditionalReadView):
    """Your tokens, the newest first. Sessions of the admin and the browsable pages are not among them."""

    serializer_class = ActiveLoginSerializer
    queryset = Login.objects.none()
    reads: ClassVar[Mapping[str, Read]] = {"get": logins.LoginList().read}

    def lock(self, request: Request) -> None:  # type: ignore[override]
        services.lock_user(viewer_id(request), exclusive=True)

    @extend_schema(operation_id="end_other_logins", summary="Log out everywhere else", responses={204: None})
    @conditional
    def delete(self, request: Request) -> Response:
        """Ends all your logins and sessions except the login used for this request."""
        user = logins.end_other_logins(user_id=viewer_id(request), digest=logins.token_digest(request._request))
        _keep_session(request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LoginDetailView(StrictView):
    """Ends one login, such as that of a lost device. If it is the login used for this request, it is a logout."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="end_login", summary="End one of your logins", request=None, responses={204: None})
    def delete(self, request: Request, login_id: int) -> Response:
        logins.end_login(user_id=viewer_id(request), login_id=login_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _keep_session(request: Request, user: User) -> None:
    """Keep the session that sent this request, if one did, while the user's other sessions end."""
    if isinstance(request.successful_authenticator, SessionAuthentication):
        update_session_auth_hash(request._request, user)


def _invalid_credentials() -> AuthenticationFailed:
    return AuthenticationFailed("The username or the password is wrong.", code="invalid_credentials")


@contextmanager
def _translated_errors(field: str = "password") -> Iterator[None]:
    """Translate the services' errors into the API's. `field`: the field that had the user's own password."""
    try:
        yield
    except BadLink as error:
        raise ValidationError({"token": ErrorDetail(BAD_LINK, "bad_link")}) from error
    except email_addresses.TooManyLinks as error:
        raise Throttled(error.seconds, "Links to this address were asked for too often.") from error
    except services.PasswordChanged as error:  # since it was checked
        raise ValidationError({field: ErrorDetail(WRONG_PASSWORD, "wrong_password")}) from error
