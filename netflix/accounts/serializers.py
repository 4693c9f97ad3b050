from typing import Any

from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email
from rest_framework import serializers

from netflix.accounts import passwords
from netflix.accounts.links import BAD_LINK, BadLink
from netflix.accounts.models import User
from netflix.api.serializers import StrictSerializer

MAX_PASSWORD_LENGTH = 1000
_MAX_TYPED_LENGTH = 254  # characters of a username or address that a password is compared with
WRONG_PASSWORD = "This is not your password."  # noqa: S105  # no password


def _password(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        max_length=MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        style={"input_type": "password"},
        write_only=True,
        help_text=help_text,
    )


def _new_password() -> serializers.CharField:
    return _password("At least 8 characters; not common, not only digits, not like the username or the address.")


def _checked(password: str, user: User | None) -> str:
    """A new password, which must not resemble the user's name or address. Raises ValidationError."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise serializers.ValidationError(error.messages, code="weak_password") from error
    return password


class UsernameField(serializers.CharField):
    """Normalised before it is validated, because Unicode normalisation can produce characters that are not allowed."""

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))


class AddressField(serializers.EmailField):
    """An e-mail address of valid syntax. Neither DNS nor a mail server is queried."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
        except EmailNotValidError as error:
            raise serializers.ValidationError(str(error), code="invalid") from error


class VerifyEmailSerializer(StrictSerializer):
    """The token of a verification link."""

    token = serializers.CharField(max_length=1000, help_text="From the link in the e-mail: what follows `token=`.")


class LoginSerializer(StrictSerializer):
    """The credentials of an account."""

    username = UsernameField(max_length=150, help_text="The name of the account; case does not matter.")
    password = _password("The password of the account.")


class RegisterSerializer(StrictSerializer):
    """A new account."""

    username = UsernameField(
        max_length=150,
        validators=[AbstractUser.username_validator],
        help_text="At most 150 letters, digits and @ . + - _; case does not matter.",
    )
    email = AddressField(help_text="Where reminders and answers are sent, once you have opened the link we send there.")
    password = _new_password()

    def validate_password(self, password: str) -> str:
        """Validates the password even if username or address are invalid, so that one answer lists all errors."""
        typed = {name: str(self.initial_data.get(name, ""))[:_MAX_TYPED_LENGTH] for name in ("username", "email")}
        return _checked(password, User(**typed))


class _WithOwnPassword(StrictSerializer):
    """A body with the user's own password, for changes that a stolen token must not allow.

    A wrong password counts as a failed login. The validated data contains the `user` whose password was checked.
    """

    _user: User | None = None

    def _check_own(self, password: str) -> str:
        request = self.context["request"]
        user = authenticate(request._request, username=request.user.get_username(), password=password)
        if not isinstance(user, User):
            raise serializers.ValidationError(WRONG_PASSWORD, code="wrong_password")
        self._user = user
        return password

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs | {"user": self._user}


class ChangePasswordSerializer(_WithOwnPassword):
    """A new password, and the old one."""

    old_password = _password("The current password.")
    new_password = _new_password()

    def validate_old_password(self, password: str) -> str:
        return self._check_own(password)

    def validate_new_password(self, password: str) -> str:
        return _checked(password, self.context["request"].user)


class ChangeEmailSerializer(_WithOwnPassword):
    """A new e-mail address, and the account's password."""

    email = AddressField(help_text="It becomes yours when you open the link that is sent there.")
    password = _password("The password of the account.")

    def validate_password(self, password: str) -> str:
        return self._check_own(password)


class ForgottenPasswordSerializer(StrictSerializer):
    """The e-mail address of an account."""

    email = AddressField(help_text="Where the link is sent, if an account has this address.")


class ResetPasswordSerializer(StrictSerializer):
    """A new password, and the token of the link."""

    token = serializers.CharField(max_length=1000, help_text="From the link in the e-mail: what follows `token=`.")
    new_password = _new_password()
    _user: User | None = None

    def validate_token(self, token: str) -> str:
        try:
            self._user = passwords.user_of_link(token)
        except BadLink as error:
            raise serializers.ValidationError(BAD_LINK, code="bad_link") from error
        return token

    def validate_new_password(self, password: str) -> str:
        return _checked(password, self._user)


class ActiveLoginSerializer(serializers.Serializer):
    """Where somebody is logged in."""

    id = serializers.IntegerField(help_text="For `login_id` in addresses.")
    device = serializers.CharField(help_text="The kind of device, such as `Firefox on Windows`. Empty if unknown.")
    since = serializers.DateTimeField(help_text="When it began.")
    last_used_at = serializers.DateTimeField(help_text="When it was last used, to within about a minute.")
    expiry = serializers.DateTimeField(allow_null=True, help_text="When it ends by itself.")
    is_current = serializers.BooleanField(help_text="Whether it is the login of this request.")


class MeSerializer(serializers.Serializer):
    username = serializers.CharField(help_text="The name of the account.")
    email = serializers.CharField(help_text="Empty if there is none.")
    email_verified = serializers.BooleanField(
        source="deliverable_email",
        help_text="Whether the address is verified; until then no e-mails are sent to it.",
    )
    date_joined = serializers.DateTimeField(help_text="When the account was made.")
    is_staff = serializers.BooleanField(help_text="Whether this person curates the catalogue.")


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`; it is shown only once.")
    expiry = serializers.DateTimeField(help_text="Until when the token is valid.")
