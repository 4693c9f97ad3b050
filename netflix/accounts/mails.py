"""E-mails about accounts that are not notices. A worker sends them: netflix.outbox.mail describes the guarantees."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.core.mail import EmailMessage
from django.utils import timezone

from netflix.accounts import passwords
from netflix.accounts.models import AccountMail, User
from netflix.outbox import mail

RETENTION = timedelta(days=1)  # short, because anybody may have typed the address
_MAX_ACCOUNTS = 5  # with one address, in one e-mail
_HOW_TO_GET_HELP = "If it was not you, somebody else has your password: write to technical support at once."

Text = tuple[str, str]  # subject and body


def send() -> int:
    """Send the e-mails that are due and return their number."""
    return mail.send_emails(AccountMail, _as_email)


def delete_old() -> None:
    """Delete rows older than RETENTION, whether their e-mails were sent or not."""
    AccountMail.objects.filter(asked_at__lt=timezone.now() - RETENTION).delete()


def _as_email(row: AccountMail) -> EmailMessage | None:
    """Returns None if no account has the address."""
    if row.kind == AccountMail.Kind.FORGOTTEN_PASSWORD:
        users = _users_with(row.address)
        if not users:
            return None
        address, (subject, text) = users[0].email, _forgotten_password(users)
    else:
        address, (subject, text) = row.address, _TEXTS[row.kind]
    headers = {"Message-ID": f"<account-mail-{row.pk}@{settings.EMAIL_DOMAIN}>"}
    return EmailMessage(subject, text, to=[address], headers=headers)


def _users_with(address: str) -> list[User]:
    """Users who may choose a new password, all with the same spelling of the address: mail is sent to that one only.

    Verified addresses come first, so that accounts that strangers have made with this address hide none.
    """
    users = sorted(
        PasswordResetForm().get_users(address),
        key=lambda user: (not user.deliverable_email, user.email != address, user.pk),
    )
    return [user for user in users if user.email == users[0].email][:_MAX_ACCOUNTS]


def _forgotten_password(users: list[User]) -> Text:
    page = settings.PASSWORD_RESET_URL
    links = "\n\n".join(f"{_account_name(user)}:\n{page}#token={passwords.reset_token(user)}" for user in users)
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    return "Choose a new password", (
        "Somebody, most likely you, has forgotten a password and gave this e-mail address. Open a link to choose a new "
        f"password for that account:\n\n{links}\n\n"
        f"A link works once, within {minutes} minutes. If it was not you, do nothing: no password changes."
    )


def _account_name(user: User) -> str:
    """The username, if the address is verified; else a stranger may have typed it at sign-up."""
    if user.deliverable_email:
        return user.username
    return f"An account of {user.date_joined:%Y-%m-%d}, whose address is not confirmed yet"


_TEXTS: dict[str, Text] = {
    AccountMail.Kind.NEW_PASSWORD: (
        "Your password was changed",
        f"The password of your account was changed, and you were logged out everywhere else.\n\n{_HOW_TO_GET_HELP}",
    ),
    AccountMail.Kind.NEW_ADDRESS: (
        "Your e-mail address was changed",
        f"Your account has another e-mail address now. You get no more e-mails about it here.\n\n{_HOW_TO_GET_HELP}",
    ),
}
