"""Warns if hosts that share a database have different SECRET_KEYs: each would refuse what another has signed.

The database stores a fingerprint of the key with which it was prepared. The key cannot be derived from it.
"""

from threading import Thread
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.utils.crypto import salted_hmac

from netflix.accounts.models import SigningKey

WARNING = (
    "This host has another SECRET_KEY than the one this database was prepared with. Hosts that share a database need "
    "the same SECRET_KEY: else each refuses the sessions, cursors and e-mailed links of the others. If you have "
    "changed it on purpose, run `manage.py prepare --new-secret-key` once."
)
_LENGTH = 16  # hexadecimal digits

logger = structlog.get_logger(__name__)


def store_fingerprint(*, is_new: bool = False) -> None:
    """Store the fingerprint of our key, unless there is one already; with `is_new`, replace it."""
    values = {"fingerprint": _fingerprint()}
    if is_new:
        SigningKey.objects.update_or_create(defaults=values)
    else:
        SigningKey.objects.get_or_create(defaults=values)


def is_another_key() -> bool:
    """Whether the database was prepared with another key."""
    stored = SigningKey.objects.values_list("fingerprint", flat=True).first()
    return stored is not None and stored != _fingerprint()


def warn_in_background() -> Thread:
    """Called when a web process starts; in a thread, because requests must not wait for an unresponsive database."""
    thread = Thread(target=_warn_if_another, name="signing key", daemon=True)
    thread.start()
    return thread


def warn_before_work(**_: Any) -> None:
    """Called when a Celery worker starts; waits, because it must have no connection and no thread when it forks."""
    warn_in_background().join()


def _warn_if_another() -> None:
    try:
        if is_another_key():
            logger.warning("another_secret_key", detail=WARNING)
    except DatabaseError:
        pass  # the database is away or not prepared yet, which other code reports
    finally:
        connection.close()


def _fingerprint() -> str:
    return salted_hmac(__name__, "fingerprint", algorithm="sha256").hexdigest()[:_LENGTH]
