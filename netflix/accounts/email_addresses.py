"""Verifies that an e-mail address belongs to its account: the owner opens a signed link that is sent there.

No other e-mail is sent to an unverified address: it may be a stranger's. The exception is the link for a forgotten
password, without which an account could be lost before its address is verified.
"""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from netflix import events
from netflix.accounts.links import BadLink
from netflix.accounts.models import AccountMail, EmailCheck, User
from netflix.accounts.services import lock_unless_password_changed, lock_user
from netflix.api.errors import UserErased
from netflix.api.throttles import count
from netflix.outbox import mail

LINK_LIFETIME = timedelta(days=3)
_SALT = "netflix.accounts.email"


class TooManyLinks(Exception):
    """The rate limit for links to this address is exceeded, for this many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def queue_link(user: User) -> None:
    """Queue a verification link for the user's address, unless it is verified.

    Raises TooManyLinks; UserErased if the user was erased.
    """
    if not user.email or user.deliverable_email:
        return
    count_link("verify", user.email)
    with transaction.atomic():
        lock_user(user.pk, exclusive=True)
        _replace_link(user, user.email, is_change=False)


def queue_change_link(user: User, *, address: str) -> None:
    """Queue a link to a new address, which becomes the user's when the link is opened.

    Raises TooManyLinks; PasswordChanged or UserErased if that happened since the user's password was checked.
    """
    count_link("verify", address)
    with transaction.atomic():
        current = lock_unless_password_changed(user)
        _replace_link(current, address, is_change=True)


def user_of_link(token: str) -> tuple[User, str]:
    """Return the user for whom the link was made, and the address it was sent to. Raises BadLink."""
    try:
        user_id, address = signing.loads(token, salt=_SALT, max_age=LINK_LIFETIME)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadLink from error
    is_current = Q(email=address) | Q(email_check__email=address, email_check__is_change=True)
    user = User.objects.filter(is_current, pk=user_id).first()
    if user is None:
        raise BadLink
    return user, address


@transaction.atomic
def verify(token: str) -> None:
    """Store the link's address as the user's, and as verified; repeating it changes nothing. Raises BadLink.

    If the user had another verified address, an e-mail is sent there.
    """
    user, address = _lock_user_of_link(token)
    former = user.deliverable_email
    store_verified(user, address)
    if former not in ("", address):
        queue_mail(user, AccountMail.Kind.NEW_ADDRESS, address=former)


@transaction.atomic
def remove_address(token: str) -> None:
    """Remove an address from an account that does not own it. Raises BadLink."""
    user, address = _lock_user_of_link(token)
    User.objects.filter(pk=user.pk, email=address).update(email="", verified_email="")
    EmailCheck.objects.filter(user=user, email=address).delete()


def store_verified(user: User, address: str) -> None:
    """Store the user's address as verified, unless it is. The caller has locked the user."""
    if user.deliverable_email == address:
        return
    user.email = user.verified_email = address
    user.save(update_fields=["email", "verified_email"])
    EmailCheck.objects.filter(user=user, email=address).delete()
    events.address_verified.send(None, user_id=user.pk)


def queue_mail(user: User, kind: AccountMail.Kind, *, address: str) -> None:
    """Queue an e-mail to the user, if there is a verified address to send it to."""
    if address:
        AccountMail.objects.create(kind=kind, user=user, address=address)


def token_for(user: User, address: str) -> str:
    """Return the signed token for a verification link."""
    return signing.dumps([user.pk, address], salt=_SALT)


def count_link(purpose: str, address: str) -> None:
    """Count a link to this address. Links of one purpose cannot use up those of another. Raises TooManyLinks."""
    usage = count("email", f"{purpose}-{_mailbox_hash(address)}")
    if usage is not None and not usage.allowed:
        raise TooManyLinks(usage.seconds_left)


def send_links() -> int:
    """Send the links that are due and return their number; netflix.outbox.mail describes the guarantees."""
    return mail.send_emails(EmailCheck, _as_email)


def _replace_link(user: User, address: str, *, is_change: bool) -> None:
    """Insert a new row: a worker may still be sending the old one, and each e-mail needs its own Message-ID."""
    EmailCheck.objects.filter(user=user).delete()
    EmailCheck.objects.create(user=user, email=address, is_change=is_change)


def _lock_user_of_link(token: str) -> tuple[User, str]:
    """Like `user_of_link`, but locks the user and checks the link again under the lock."""
    user, _ = user_of_link(token)
    try:
        lock_user(user.pk, exclusive=True)
    except UserErased as error:
        raise BadLink from error
    return user_of_link(token)


def _mailbox_hash(address: str) -> str:
    """A hash that identifies a mailbox, so that Redis holds no address. A `+label` is the same mailbox."""
    local, _, domain = address.lower().rpartition("@")
    return hashlib.sha256(f"{local.partition('+')[0]}@{domain}".encode()).hexdigest()


def _as_email(check: EmailCheck) -> EmailMessage | None:
    """None if the address was changed or verified in the meantime. Contains no text that the user wrote."""
    user = check.user
    if user.deliverable_email == check.email or not (check.is_change or user.email == check.email):
        return None
    link = f"{settings.EMAIL_CONFIRM_URL}#token={token_for(user, check.email)}"
    text = (
        "Somebody, most likely you, gave this e-mail address for an account here. Open this link to confirm that it is "
        f"yours:\n\n{link}\n\n"
        f"It works for {LINK_LIFETIME.days} days. If it was not you, do nothing: you will hear nothing more from us."
    )
    headers = {"Message-ID": f"<email-check-{check.pk}@{settings.EMAIL_DOMAIN}>"}
    return EmailMessage("Confirm your e-mail address", text, to=[check.email], headers=headers)
