"""Verifies that an e-mail address belongs to its account: the owner opens a signed link that is sent there.

No other e-mail is sent to an unverified address: it may be a stranger's.
"""

import hashlib
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction

from netflix import events
from netflix.accounts.models import EmailCheck, User
from netflix.accounts.services import hold_user
from netflix.api.throttles import count
from netflix.outbox import mail
from netflix.outbox.services import Outbox

LINK_LASTS = timedelta(days=3)
_SALT = "netflix.accounts.email"
_CHECKS = Outbox(model=EmailCheck, lease=timedelta(minutes=5), retry_after=timedelta(minutes=5), batch=10)


class BadLink(Exception):
    """The link was not signed by us, has expired, or belongs to an address that the account no longer has."""


class AskedTooOften(Exception):
    """The rate limit for links to this address is exceeded."""


def ask(user: User) -> None:
    """Queue a verification link for the user's address, unless it is verified.

    Raises AskedTooOften; UserErased if the user was erased.
    """
    if not user.email or user.mail_address:
        return
    usage = count("email", _mailbox(user.email))
    if usage is not None and not usage.allowed:
        raise AskedTooOften
    with transaction.atomic():
        hold_user(user.pk, alone=True)
        # A new row: a worker that still sends the old one does not change it, and the Message-ID is a new one.
        EmailCheck.objects.filter(user=user).delete()
        EmailCheck.objects.create(user=user, email=user.email)


def whose(token: str) -> User:
    """Return the user whose address the link was sent to. Raises BadLink."""
    try:
        user_id, email = signing.loads(token, salt=_SALT, max_age=LINK_LASTS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadLink from error
    user = User.objects.filter(pk=user_id, email=email).first()
    if user is None:
        raise BadLink
    return user


@transaction.atomic
def verify(token: str) -> None:
    """Mark the user's address as verified; repeating it changes nothing. Raises BadLink."""
    user = whose(token)
    if (
        User.objects.filter(pk=user.pk, email=user.email)
        .exclude(verified_email=user.email)
        .update(verified_email=user.email)
    ):
        events.address_verified.send(None, user_id=user.pk)


def disown(token: str) -> None:
    """Remove an address from an account that does not own it. Raises BadLink."""
    user = whose(token)
    User.objects.filter(pk=user.pk, email=user.email).update(email="", verified_email="")


def token_for(user: User) -> str:
    """Return the signed token for a verification link."""
    return signing.dumps([user.pk, user.email], salt=_SALT)


def send_links() -> int:
    """Send the links that are due and return their number; netflix.outbox.mail describes the guarantees."""
    return mail.send_emails(_CHECKS, _as_email)


def _mailbox(address: str) -> str:
    """A hash that identifies a mailbox, so that Redis holds no address. A `+label` is the same mailbox."""
    local, _, domain = address.lower().rpartition("@")
    return hashlib.sha256(f"{local.partition('+')[0]}@{domain}".encode()).hexdigest()


def _as_email(check: EmailCheck) -> EmailMessage | None:
    """None if the address was changed or verified in the meantime. Contains no text that the user wrote."""
    if check.user.email != check.email or check.user.mail_address:
        return None
    link = f"{settings.PUBLIC_URL}/verify-email/?{urlencode({'token': token_for(check.user)})}"
    text = (
        "Somebody, most likely you, signed up with this e-mail address. Open this link to confirm that it is yours:\n\n"
        f"{link}\n\n"
        f"It works for {LINK_LASTS.days} days. If it was not you, do nothing: you will hear nothing more from us."
    )
    headers = {"Message-ID": f"<email-check-{check.pk}@{settings.EMAIL_DOMAIN}>"}
    return EmailMessage("Confirm your e-mail address", text, to=[check.email], headers=headers)
