from collections.abc import Iterable

from axes.models import AccessAttempt
from django.db import IntegrityError, connection, transaction

from netflix import events
from netflix.accounts.lockout import name_of
from netflix.accounts.models import AccountMail, User
from netflix.api.errors import UserErased


class UsernameTaken(Exception):
    """The username exists already, possibly in another case."""


class PasswordChanged(Exception):
    """The password that was just checked is no longer the account's."""


@transaction.atomic
def register(*, username: str, email: str, password: str) -> User:
    """Create a viewer's account. Raises UsernameTaken.

    Accounts may share an e-mail address: an error would tell strangers that the address has an account.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise UsernameTaken
    try:
        with transaction.atomic():
            return User.objects.create_user(username, email, password)
    except IntegrityError as error:  # created by a concurrent request
        raise UsernameTaken from error


def erase(*, user_id: int) -> None:
    """Erase a user and all their data, in every context. Raises User.DoesNotExist.

    Not one transaction: after an interruption the user still exists, with less data, and can be erased again.
    """
    events.account_erasure_started.send(None, user_id=user_id)
    _erase(user_id)


@transaction.atomic
def _erase(user_id: int) -> None:
    user = User.objects.select_for_update().get(pk=user_id)  # rows that refer to the user wait, then fail
    events.account_erased.send(None, user_id=user_id)
    forget_failed_logins(user)
    user.delete()
    if not User.objects.filter(email__iexact=user.email).exists():  # accounts may share an address
        AccountMail.objects.filter(user=None, address__iexact=user.email).delete()


def forget_failed_logins(user: User) -> None:
    counted_as = name_of(None, {User.USERNAME_FIELD: user.username})
    AccessAttempt.objects.filter(username=counted_as).delete()


def lock_user(user_id: int, *, exclusive: bool = False) -> None:
    """Lock a user against `erase` until the caller's transaction ends. Raises UserErased.

    Called before rows that refer to the user are written, because `erase` locks the user first too. With `exclusive`,
    one transaction at a time changes the user's data.
    """
    if not _lock([user_id], "NO KEY UPDATE" if exclusive else "KEY SHARE"):
        raise UserErased


def lock_users(user_ids: Iterable[int]) -> set[int]:
    """Lock several users against `erase`. Returns the ids of those who exist."""
    return _lock(list(set(user_ids)), "KEY SHARE")


def lock_unless_password_changed(user: User) -> User:
    """Lock a user whose password was just checked, and return the stored user.

    Raises PasswordChanged, because an old password must allow nothing any more; UserErased.
    """
    lock_user(user.pk, exclusive=True)
    current = User.objects.filter(pk=user.pk, password=user.password, is_active=True).first()
    if current is None:
        raise PasswordChanged
    return current


def _lock(user_ids: list[int], strength: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR {strength}", [user_ids])  # noqa: S608
        return {user_id for (user_id,) in cursor.fetchall()}


@transaction.atomic
def ensure_account(*, username: str, email: str, password: str, is_admin: bool) -> bool:
    """Create this account unless the username is taken. Returns whether the account has this password.

    If it has, its e-mail address counts as verified: the caller chose it.
    """
    create = User.objects.create_superuser if is_admin else User.objects.create_user
    user = User.objects.filter(username__iexact=username).first() or create(username, email, password)
    is_valid = user.check_password(password)
    if is_valid and not user.deliverable_email:
        user.email = user.verified_email = user.email or email
        user.save(update_fields=["email", "verified_email"])
    return is_valid
