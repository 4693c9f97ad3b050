"""The e-mails that were sent, and their links."""

import re

from django.core import mail

from netflix.accounts.tasks import send_email_links


def link():
    """The link in the last e-mail."""
    return re.search(r"https?://\S+", mail.outbox[-1].body)[0]


def token():
    """The token in the link of the last e-mail."""
    address, _, token = link().partition("#token=")
    assert "token" not in address
    return token


def new_mails():
    """Send the e-mails that are due. Returns recipient and subject of each."""
    mail.outbox.clear()
    send_email_links()
    return [(message.to[0], message.subject) for message in mail.outbox]
