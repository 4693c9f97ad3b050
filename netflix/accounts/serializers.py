from typing import Any

from django.contrib.auth import password_validation
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email
from rest_framework import serializers

from netflix.accounts.models import User
from netflix.api.serializers import StrictSerializer

_LONGEST_TYPED = 254  # characters of a name or address that a password is compared with, valid or not


def _password() -> serializers.CharField:
    return serializers.CharField(
        max_length=1000, trim_whitespace=False, style={"input_type": "password"}, write_only=True
    )


class UsernameField(serializers.CharField):
    """Normalised before it is validated: Unicode normalisation can give characters that are not allowed."""

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

    token = serializers.CharField(max_length=1000, help_text="From the link in the e-mail.")


class LoginSerializer(StrictSerializer):
    """The credentials of an account."""

    username = UsernameField(max_length=150)
    password = _password()


class RegisterSerializer(StrictSerializer):
    """A new account."""

    username = UsernameField(
        max_length=150,
        validators=[AbstractUser.username_validator],
        help_text="At most 150 letters, digits and @ . + - _; case does not matter.",
    )
    email = AddressField(help_text="Where reminders and answers are sent, once you have opened the link we send there.")
    password = _password()

    def validate_password(self, password: str) -> str:
        """Also if name or address are not valid, so that one answer says all that is wrong."""
        typed = {name: str(self.initial_data.get(name, ""))[:_LONGEST_TYPED] for name in ("username", "email")}
        try:
            password_validation.validate_password(password, User(**typed))  # must not resemble them
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code="weak_password") from error
        return password


class MeSerializer(serializers.Serializer):
    username = serializers.CharField()
    email = serializers.CharField(help_text="Empty if there is none.")
    email_verified = serializers.BooleanField(
        source="mail_address",
        help_text="Whether the address is verified; until then no e-mails are sent to it.",
    )
    date_joined = serializers.DateTimeField()
    is_staff = serializers.BooleanField(help_text="Whether this person curates the catalogue.")


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`; it is shown only once.")
    expiry = serializers.DateTimeField()
