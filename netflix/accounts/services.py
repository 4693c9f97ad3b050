from collections.abc import Iterable

from axes.models import AccessAttempt
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from netflix.accounts.lockout import name_of
from netflix.accounts.models import User
from netflix.api import hooks
from netflix.api.errors import PersonGone


class UsernameTaken(Exception):
    """Somebody has this name already, in whatever capitals."""


@transaction.atomic
def register(*, username: str, email: str, password: str) -> User:
    """Create a viewer's login. Raises UsernameTaken.

    An e-mail address may serve several logins: refusing one would tell strangers that it is known here.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise UsernameTaken
    try:
        with transaction.atomic():
            return User.objects.create_user(username, email, password)
    except IntegrityError as error:  # somebody else was quicker
        raise UsernameTaken from error


def erase(*, user_id: int) -> None:
    """Erase a person and everything of theirs, in every context. Raises User.DoesNotExist.

    Who is stopped half way is there still, if with less of their own, and may ask again.
    """
    hooks.account_leaving(user_id)
    _erase(user_id)


@transaction.atomic
def _erase(user_id: int) -> None:
    user = User.objects.select_for_update().get(pk=user_id)  # whoever refers to them now waits, and is then refused
    hooks.account_erased(user_id)
    counted_as = name_of(None, {User.USERNAME_FIELD: user.username})
    AccessAttempt.objects.filter(Q(username=counted_as) | Q(username__iexact=user.username)).delete()
    user.delete()


def hold_user(user_id: int, *, alone: bool = False) -> None:
    """Until the caller's transaction ends, nobody erases this person. Raises PersonGone.

    For whoever is about to write what refers to people beside rows of theirs: `erase` locks people first too, so the
    two wait for each other in one order. With `alone`, others who ask for that wait too: one thing at a time is done
    to what is this person's.
    """
    if not _held([user_id], "NO KEY UPDATE" if alone else "KEY SHARE"):
        raise PersonGone


def hold_users(user_ids: Iterable[int]) -> set[int]:
    """The same for several; returns those of them who are there."""
    return _held(list(set(user_ids)), "KEY SHARE")


def _held(user_ids: list[int], strength: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR {strength}", [user_ids])  # noqa: S608
        return {user_id for (user_id,) in cursor.fetchall()}


@transaction.atomic
def ensure_login(*, username: str, email: str, password: str, is_admin: bool) -> bool:
    """Create this login unless the name is taken. Returns whether the password given opens it.

    Its e-mail address counts as verified: nobody else has given it.
    """
    create = User.objects.create_superuser if is_admin else User.objects.create_user
    user = User.objects.filter(username__iexact=username).first() or create(username, email, password)
    ours = user.check_password(password)
    if ours and not user.mail_address:
        user.email = user.verified_email = user.email or email
        user.save(update_fields=["email", "verified_email"])
    return ours
