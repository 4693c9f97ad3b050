"""Shows that an e-mail address is the person's who gave it: a signed link is sent there, and has to come back.

Until then nothing else is sent there: who signs up with a stranger's address must not have us write to them.
"""

import hashlib
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction

from netflix.accounts.models import EmailCheck, User
from netflix.accounts.services import hold_user
from netflix.api import hooks
from netflix.api.throttles import count
from netflix.outbox import mail
from netflix.outbox.services import Outbox

LINK_LASTS = timedelta(days=3)
_SALT = "netflix.accounts.email"
_CHECKS = Outbox(model=EmailCheck, lease=timedelta(minutes=5), retry_after=timedelta(minutes=5), batch=10)


class BadLink(Exception):
    """The link was not made by us, is too old, or belongs to an address that is the person's no more."""


class AskedTooOften(Exception):
    """The address has been sent as many links today as anybody may have sent there."""


def ask(user: User) -> None:
    """Have a link sent to a person's address, unless it is verified.

    Raises AskedTooOften, and PersonGone if they were erased meanwhile.
    """
    if not user.email or user.mail_address:
        return
    usage = count("email", _mailbox(user.email))
    if usage is not None and not usage.allowed:
        raise AskedTooOften
    with transaction.atomic():
        hold_user(user.pk, alone=True)
        # Another row, so that who still works on the one before changes nothing, and the e-mail is no repeat.
        EmailCheck.objects.filter(user=user).delete()
        EmailCheck.objects.create(user=user, email=user.email)


def whose(token: str) -> User:
    """Whose address a link was sent to. Raises BadLink."""
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
    """Note that the address is theirs to whom the link was sent; once more changes nothing. Raises BadLink."""
    user = whose(token)
    if (
        User.objects.filter(pk=user.pk, email=user.email)
        .exclude(verified_email=user.email)
        .update(verified_email=user.email)
    ):
        hooks.address_verified(user.pk)


def disown(token: str) -> None:
    """Take an address from an account whose it is not, as its owner says. Raises BadLink."""
    user = whose(token)
    User.objects.filter(pk=user.pk, email=user.email).update(email="", verified_email="")


def token_for(user: User) -> str:
    """What shows, when it comes back, that somebody reads the mail of this person's address."""
    return signing.dumps([user.pk, user.email], salt=_SALT)


def send_links() -> int:
    """Send the links that are owed and return how many went out; see netflix.outbox.mail for what is promised."""
    return mail.send_emails(_CHECKS, _as_email)


def _mailbox(address: str) -> str:
    """One name for one mailbox, and no address in Redis: what follows a plus is the owner's label."""
    local, _, domain = address.lower().rpartition("@")
    return hashlib.sha256(f"{local.partition('+')[0]}@{domain}".encode()).hexdigest()


def _as_email(check: EmailCheck) -> EmailMessage | None:
    """None if the address has changed or is verified meanwhile. Quotes nothing that the person wrote."""
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
