"""A user's logins: listing them, and ending them."""

from typing import Any

from django.db import models, transaction
from django.db.models.functions import Now
from django.http import HttpRequest
from knox.crypto import hash_token
from knox.models import AuthToken

from netflix.accounts.devices import device_of
from netflix.accounts.models import Login, User
from netflix.accounts.services import lock_unless_password_changed, lock_user
from netflix.api.errors import NoSuchObject
from netflix.api.pagination import Ordering
from netflix.hot.compiled import Parameter
from netflix.hot.lists import Filters, KeysetList
from netflix.hot.pages import row_json, timestamp_json


class NoSuchLogin(NoSuchObject):
    message = "You have no login with this id."


class LoginList(KeysetList):
    """A viewer's own logins, the newest first."""

    ordering = Ordering("newest", ("id",), descending=True)
    columns = ("id", "device", "created", "last_used_at", "expiry", "token_id")
    json = row_json(
        f"""
        page.id, page.device, {timestamp_json("page.created")} AS since,
        {timestamp_json("page.last_used_at")} AS last_used_at, {timestamp_json("page.expiry")} AS expiry,
        page.token_id = %(digest)s AS is_current
        """
    )

    def rows(self, filters: Filters) -> models.QuerySet[Any]:  # has no filters
        logins = Login.objects.annotate(created=models.F("token__created"), expiry=models.F("token__expiry"))
        is_valid = models.Q(expiry=None) | models.Q(expiry__gte=Now())
        return logins.filter(is_valid, user=Parameter("viewer_id"))

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        return {"viewer_id": viewer_id, "digest": token_digest(request)}


def token_digest(request: HttpRequest) -> str:
    """The digest of the token that the request carries; empty without one."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return hash_token(token.strip()) if scheme.lower() == "bearer" else ""


def create_login(sender: object, instance: AuthToken, created: bool, **_: object) -> None:
    """Receiver of `post_save`: each new token gets its Login."""
    if created:
        Login.objects.create(user_id=instance.user_id, token=instance)


def log_in(user: User, *, user_agent: str) -> tuple[AuthToken, str]:
    """Log in a user whose password was just checked, and return the stored token and its text.

    Called in a transaction. Raises PasswordChanged; UserErased.
    """
    lock_unless_password_changed(user)
    stored, token = AuthToken.objects.create(user=user)
    Login.objects.filter(token=stored).update(device=device_of(user_agent))
    return stored, token


def end_login(*, user_id: int, login_id: int) -> None:
    """End one login of a user. Raises NoSuchLogin."""
    _, deleted = AuthToken.objects.filter(user=user_id, login=login_id).delete()
    if not deleted.get(AuthToken._meta.label):
        raise NoSuchLogin


@transaction.atomic
def end_other_logins(*, user_id: int, digest: str) -> User:
    """End all logins of a user but that of the token with this digest, and all sessions. Raises UserErased.

    Returns the stored user, with which the caller can keep its session.
    """
    lock_user(user_id, exclusive=True)
    AuthToken.objects.filter(user=user_id).exclude(pk=digest).delete()
    User.objects.filter(pk=user_id).update(times_logged_out=models.F("times_logged_out") + 1)
    return User.objects.get(pk=user_id)
