"""What people find in their mailboxes."""

import re

from django.core import mail

from netflix.accounts.tasks import send_email_links


def link():
    """That of the last e-mail."""
    return re.search(r"https?://\S+", mail.outbox[-1].body)[0]


def token():
    address, _, token = link().partition("#token=")
    assert "token" not in address
    return token


def new_mails():
    """The e-mails that are due, sent now: (recipient, subject) of each."""
    mail.outbox.clear()
    send_email_links()
    return [(message.to[0], message.subject) for message in mail.outbox]
