"""Changes passwords: of users who know theirs, or with a link that is sent to users who have forgotten it."""

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from netflix.accounts import email_addresses
from netflix.accounts.links import BadLink
from netflix.accounts.models import AccountMail, User
from netflix.accounts.services import forget_failed_logins, lock_unless_password_changed, lock_user
from netflix.api.errors import UserErased
from netflix.hot.statements import fits_bigint


def change(user: User, *, password: str, token_to_keep: str | None) -> User:
    """Change the password of a user whose old one was just checked, and end all logins except `token_to_keep`.

    Raises PasswordChanged; UserErased.
    """
    with transaction.atomic():
        current = lock_unless_password_changed(user)
        current.token_to_keep = token_to_keep
        _store(current, password)
    return current


def queue_reset_link(address: str) -> None:
    """Queue an e-mail with a link for each account that has this address. Raises TooManyLinks.

    Does the same whether there is such an account or not, so that neither the answer nor its duration reveals it.
    """
    email_addresses.count_link("password", address)
    AccountMail.objects.create(kind=AccountMail.Kind.FORGOTTEN_PASSWORD, address=address)


def reset_token(user: User) -> str:
    """The token of a link with which the user can choose a new password, once, without the old one."""
    return f"{urlsafe_base64_encode(force_bytes(user.pk))}.{default_token_generator.make_token(user)}"


def user_of_link(token: str) -> User:
    """Return the user for whom the token was made. Raises BadLink."""
    encoded_id, _, proof = token.partition(".")
    user = User.objects.filter(pk=_user_id(encoded_id), is_active=True).first()
    if user is None or not default_token_generator.check_token(user, proof):
        raise BadLink
    return user


@transaction.atomic
def reset(token: str, *, password: str) -> None:
    """Set a new password and end every login. Raises BadLink.

    This also verifies the user's address, because the link was sent there.
    """
    user = user_of_link(token)
    try:
        lock_user(user.pk, exclusive=True)
    except UserErased as error:
        raise BadLink from error
    user = user_of_link(token)  # it may have been used in the meantime
    email_addresses.store_verified(user, user.email)
    _store(user, password)


def _store(user: User, password: str) -> None:
    """The caller has locked the user."""
    user.set_password(password)
    user.save(update_fields=["password"])
    forget_failed_logins(user)
    email_addresses.queue_mail(user, AccountMail.Kind.NEW_PASSWORD, address=user.deliverable_email)


def _user_id(encoded: str) -> int:
    """Raises BadLink."""
    try:
        text = urlsafe_base64_decode(encoded).decode("ascii")
    except ValueError as error:
        raise BadLink from error
    if not text.isdecimal() or len(text) > 19 or not fits_bigint(int(text)):
        raise BadLink
    return int(text)
