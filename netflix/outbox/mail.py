"""Sends the e-mails of an outbox's rows. A failure of one does not delay the others."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any, TypeVar

import structlog
from circuitbreaker import CircuitBreaker, CircuitBreakerError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from netflix.outbox.models import OutboxEntry
from netflix.outbox.services import Outbox

logger = structlog.get_logger(__name__)

Entry = TypeVar("Entry", bound=OutboxEntry)

_LEASE = _RETRY_AFTER = timedelta(minutes=5)
_BATCH = 10  # few, because a run releases the rows that it has not reached
# Then the worker is free for other tasks, until the next scheduled run. A run lasts longer by at most one e-mail
# (EMAIL_TIMEOUT), so it ends within the lease.
_RUN_SECONDS = 5
_RECONNECT_AFTER = timedelta(minutes=1)  # from a failure of the mail server to the next connection
_TOO_BUSY = 421  # "Service not available, closing transmission channel": RFC 5321, 4.2.3

mail_circuit = CircuitBreaker(
    failure_threshold=1, recovery_timeout=_RECONNECT_AFTER.seconds, expected_exception=OSError, name="mail"
)


def send_emails(model: type[Entry], compose: Callable[[Entry], EmailMessage | None]) -> int:
    """Send the e-mails of a model's rows that are due, for a few seconds, and return their number.

    A row for which `compose` returns None is withdrawn.

    Rows are claimed first, so that several workers can share the work. An e-mail is sent at least once: after a worker
    was killed before it marked the row as done, it is sent again with the same Message-ID. While the mail server
    is unavailable, rows wait and no attempt is counted.
    """
    outbox = Outbox(model=model, lease=_LEASE, retry_after=_RETRY_AFTER, batch=_BATCH)
    sent, deadline = 0, time.monotonic() + _RUN_SECONDS
    while time.monotonic() < deadline and (claimed := outbox.claim()):
        batch = _Batch(outbox, compose, claimed)
        sent += batch.send(deadline)
        if batch.server_unavailable:
            break
    return sent


@mail_circuit
def _open(connection: BaseEmailBackend) -> None:
    connection.open()


class _Batch:
    """The rows of one claim, sent over one connection."""

    def __init__(self, outbox: Outbox[Any], compose: Callable[[Any], EmailMessage | None], claimed: list[int]) -> None:
        self._outbox = outbox
        self._compose = compose
        self._remaining = claimed
        self._attempts: dict[int, int] = {}  # of each row, when it was claimed
        self._connection = get_connection()
        self.server_unavailable = False

    def send(self, deadline: float) -> int:
        sent = 0
        self._attempts = dict(self._outbox.entries().filter(pk__in=self._remaining).values_list("pk", "attempts"))
        if self._open():
            while self._remaining and not self.server_unavailable:
                sent += self._send_one(self._remaining.pop(0))  # at least one, even if connecting took long
                if time.monotonic() >= deadline:
                    break
            self._close()
        self._outbox.release(self._remaining, wait=_RECONNECT_AFTER if self.server_unavailable else timedelta())
        return sent

    def _open(self) -> bool:
        try:
            _open(self._connection)
        except (OSError, CircuitBreakerError) as error:
            logger.warning("mail_server_unavailable", error=str(error))
            self.server_unavailable = True
        return not self.server_unavailable

    def _close(self) -> None:
        with suppress(OSError):
            self._connection.close()

    def _send_one(self, pk: int) -> bool:
        if not self._outbox.begin(pk, attempts=self._attempts.get(pk)):
            return False
        try:
            message = self._composed(pk) or self._withdraw(pk)
            if message is None:
                return False
            self._connection.send_messages([message])
        except Exception as error:  # noqa: BLE001  # one bad row must not stop the others
            self._handle_failure(error, pk)
            return False
        self._outbox.complete(pk)
        return True

    def _composed(self, pk: int) -> EmailMessage | None:
        """The row's message, made just before sending: the e-mails before it may have taken long."""
        row = self._outbox.entries().select_related("user").filter(pk=pk).first()
        return row and self._compose(row)

    def _withdraw(self, pk: int) -> EmailMessage | None:
        """Withdraw a row without a message. Returns the message if its address was verified just before that."""
        self._outbox.uncount_attempt(pk)
        self._outbox.withdraw(pk)
        message = self._composed(pk)
        return message if message and self._outbox.resume(pk) and self._outbox.begin(pk) else None

    def _handle_failure(self, error: Exception, pk: int) -> None:
        """The message failed if the server still accepts connections. Else the row waits for the server."""
        label, kind = self._outbox.model._meta.label, type(error).__name__  # the text may quote the address
        logger.warning("email_failed", entry=pk, outbox=label, error=kind, codes=sorted(_smtp_codes(error)))
        if _TOO_BUSY in _smtp_codes(error):
            self.server_unavailable = True
        elif isinstance(error, OSError) and not _smtp_codes(error):
            self._close()
            self._open()
        if not self.server_unavailable:
            self._outbox.fail(pk, error)
            return
        self._outbox.uncount_attempt(pk)
        self._remaining.insert(0, pk)


def _smtp_codes(error: Exception) -> set[int]:
    """The SMTP codes that the server answered for one message."""
    if isinstance(error, SMTPRecipientsRefused):
        return {code for code, _ in error.recipients.values()}
    if isinstance(error, SMTPSenderRefused) and error.smtp_code != _TOO_BUSY:
        return set()  # it refuses our own address
    return {error.smtp_code} if isinstance(error, SMTPDataError | SMTPSenderRefused) else set()
