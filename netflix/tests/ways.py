"""What is asked on both ways: the short one of hot reads, and the usual one."""

import re

from django.test import Client

# What differs from one answer to the next.
MOMENTARY = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|csrf[^>]*")


def both(settings, url, client=None, **headers):
    """The answers of the short way and of the usual one."""
    answers = []
    for settings.HOT_READS in (True, False):
        answer = (client or Client(raise_request_exception=False)).get(url, headers=headers)
        answers.append((answer.status_code, dict(answer.headers), MOMENTARY.sub(b"", answer.content)))
    for _, told, _ in answers:
        told.pop("ETag", None)  # the test's own transaction has written, so there is no version
    return answers
