from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Now, Upper

from netflix.outbox.models import OutboxEntry


class CaseInsensitiveUserManager(UserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """Usernames are case-insensitive: no two differ in case alone."""
        return self.get(username__iexact=username)


class User(AbstractUser):
    """The account of a viewer, or with `is_staff` of a curator of the catalogue.

    A new password ends every login but `token_to_keep`, as Django ends all other sessions. It also cancels an
    unconfirmed change of the e-mail address, because somebody who knew the old password may have requested it.
    """

    token_to_keep: str | None = None  # the primary key of an AuthToken

    verified_email = models.EmailField(
        blank=True, editable=False, help_text="The address that this person has shown to be theirs."
    )
    times_logged_out = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="How many times all sessions were ended."
    )

    objects: ClassVar[CaseInsensitiveUserManager] = CaseInsensitiveUserManager()

    class Meta(AbstractUser.Meta):
        # "Ann" and "ann" are one username, so that nobody can impersonate another user by changing the case.
        constraints: ClassVar = [models.UniqueConstraint(Upper("username"), name="user_name_once")]
        indexes: ClassVar = [models.Index(Upper("email"), name="user_email")]

    @property
    def deliverable_email(self) -> str:
        """The e-mail address if it is verified, else empty."""
        return self.email if self.email == self.verified_email else ""

    def clean(self) -> None:
        super().clean()
        if User.objects.filter(username__iexact=self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": "There is already a user with this name."})

    def get_session_auth_hash(self) -> str:
        """Django stores this hash in each session, and ends sessions whose hash differs from the user's."""
        return f"{super().get_session_auth_hash()}{self.times_logged_out or ''}"

    def save(self, *arguments: Any, **named: Any) -> None:
        password_is_new = getattr(self, "_password", None) is not None and self.pk is not None
        with transaction.atomic():
            super().save(*arguments, **named)
            if password_is_new:
                apps.get_model("knox.AuthToken").objects.filter(user=self).exclude(pk=self.token_to_keep).delete()
                EmailCheck.objects.filter(user=self, is_change=True).delete()


class EmailCheck(OutboxEntry):
    """A verification link to be sent to a user's address. The row is the outbox of its e-mail.

    A new request for a link replaces the row. With `is_change` the link changes the user's address to this one.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="email_check")
    email = models.EmailField()
    is_change = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.email


class AccountMail(OutboxEntry):
    """An e-mail about an account, which is not a notice: it does not wait until an address is verified.

    The row is the outbox of its e-mail. A forgotten password has no `user`: which accounts have the address is looked
    up when the e-mail is sent, so that the request does the same for every address.
    """

    class Kind(models.TextChoices):
        FORGOTTEN_PASSWORD = "forgotten_password"  # noqa: S105  # no password
        NEW_PASSWORD = "new_password"  # noqa: S105
        NEW_ADDRESS = "new_address"

    kind = models.CharField(max_length=20, choices=Kind)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    address = models.EmailField()
    asked_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.kind


class Login(models.Model):
    """What a user sees of a token, besides its times, which are columns of Django REST Knox's own table."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    token = models.OneToOneField("knox.AuthToken", on_delete=models.CASCADE, related_name="login")
    device = models.CharField(max_length=60, blank=True, help_text="The kind of device, such as Firefox on Windows.")
    last_used_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index("user", models.F("id").desc(), name="login_newest_first")]

    def __str__(self) -> str:
        return self.device


class SigningKey(models.Model):
    """A fingerprint of the SECRET_KEY with which this database was prepared: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    fingerprint = models.CharField(max_length=16)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="signing_key_once")]

    def __str__(self) -> str:
        return self.fingerprint
