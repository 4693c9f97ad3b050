from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Upper

from netflix.outbox.models import OutboxEntry


class Users(UserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """Usernames are case-insensitive: no two differ in case alone."""
        return self.get(username__iexact=username)


class User(AbstractUser):
    """A person with a login: a viewer, or with `is_staff` a curator of the catalogue.

    A new password deletes all tokens of the user, as Django ends all other sessions.
    """

    verified_email = models.EmailField(
        blank=True, editable=False, help_text="The address that this person has shown to be theirs."
    )

    objects: ClassVar[Users] = Users()

    class Meta(AbstractUser.Meta):
        # "Ann" and "ann" are one username, so that nobody can impersonate another user by changing the case.
        constraints: ClassVar = [models.UniqueConstraint(Upper("username"), name="user_name_once")]

    @property
    def mail_address(self) -> str:
        """The address for e-mails; empty until it is verified."""
        return self.email if self.email == self.verified_email else ""

    def clean(self) -> None:
        super().clean()
        if User.objects.filter(username__iexact=self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": "There is already a user with this name."})

    def save(self, *arguments: Any, **named: Any) -> None:
        password_is_new = getattr(self, "_password", None) is not None and self.pk is not None
        with transaction.atomic():
            super().save(*arguments, **named)
            if password_is_new:
                apps.get_model("knox.AuthToken").objects.filter(user=self).delete()


class EmailCheck(OutboxEntry):
    """A verification link to be sent to a user's address. The row is the outbox of its e-mail.

    A new request for a link replaces the row.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="email_check")
    email = models.EmailField()

    def __str__(self) -> str:
        return self.email


class SigningKey(models.Model):
    """A fingerprint of the SECRET_KEY with which this database was prepared: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    fingerprint = models.CharField(max_length=16)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="signing_key_once")]

    def __str__(self) -> str:
        return self.fingerprint
