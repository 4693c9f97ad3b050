"""When each login was last used.

Requests note it in memory only. A thread of each web process stores the notes once a minute, so the last minute of a
process that ends is lost.
"""

import time
from contextlib import suppress
from threading import Event, Thread

from django.db import Error, connection

_STORE_SECONDS = 60.0

uses: dict[str, float] = {}  # by the digest of a token: when it was used, on the monotonic clock

# Rows that somebody else has locked are left out: they are being deleted, or another process stores the same minute.
STORE_SQL = """
    WITH noted AS (
        SELECT digest, now() - make_interval(secs => age) AS used_at
          FROM unnest(%s::text[], %s::float8[]) AS given (digest, age)
    ), free AS (
        SELECT login.id, noted.used_at FROM accounts_login AS login JOIN noted ON noted.digest = login.token_id
         WHERE login.last_used_at < noted.used_at - interval '30 seconds'
         ORDER BY login.id FOR NO KEY UPDATE OF login SKIP LOCKED
    )
    UPDATE accounts_login AS login SET last_used_at = free.used_at FROM free WHERE login.id = free.id
"""


def note(digest: str) -> None:
    """A valid token was used."""
    uses[digest] = time.monotonic()


def store() -> None:
    """Store what was noted since the last call."""
    noted = {digest: uses.pop(digest) for digest in list(uses)}
    if not noted:
        return
    ages = [time.monotonic() - at for at in noted.values()]
    with connection.cursor() as cursor:
        cursor.execute(STORE_SQL, [list(noted), ages])


def begin() -> None:
    """Called when a web process starts."""
    Thread(target=keep_storing, args=[Event(), _STORE_SECONDS], name="last used", daemon=True).start()


def keep_storing(stop: Event, seconds: float) -> None:
    """Store every so many seconds, with a connection for just that moment, until told to stop."""
    while not stop.wait(seconds):
        try:
            with suppress(Error):  # it is away or read-only; the next minute will do
                store()
        finally:
            connection.close()
