"""Links in e-mails, with a token that shows who opens them.

The token stands behind the `#` of the address. Browsers send that part to no server, so no access log, no proxy and no
other site gets to see the token.
"""

from django.conf import settings

BAD_LINK = "The link is too old, not complete, or was used or replaced already. Ask for a new one."


class BadLink(Exception):
    """The link is forged or has expired, or something that it depends on has changed."""


def password_reset_link(token: str) -> str:
    return f"{settings.PASSWORD_RESET_URL}#token={token}"


def email_confirm_link(token: str) -> str:
    return f"{settings.EMAIL_CONFIRM_URL}#token={token}"
