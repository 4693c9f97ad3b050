"""Records when each login was last used.

Requests only record it in memory. A thread of each web process stores the records once a minute; when a process ends,
its last minute is lost.
"""

import time
from contextlib import suppress
from threading import Event, Thread

from django.db import Error, connection

_STORE_SECONDS = 60.0

uses: dict[str, float] = {}  # by the digest of a token: when it was used, on the monotonic clock

# Skips locked rows: they are being deleted, or another process stores the same minute.
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


def record(digest: str) -> None:
    """Record that a valid token was used."""
    uses[digest] = time.monotonic()


def store() -> None:
    """Store all uses since the last call."""
    noted = {digest: uses.pop(digest) for digest in list(uses)}
    if not noted:
        return
    ages = [time.monotonic() - at for at in noted.values()]
    with connection.cursor() as cursor:
        cursor.execute(STORE_SQL, [list(noted), ages])


def start_thread() -> None:
    """Called when a web process starts."""
    Thread(target=store_regularly, args=[Event(), _STORE_SECONDS], name="last used", daemon=True).start()


def store_regularly(stop: Event, seconds: float) -> None:
    """Store every so many seconds until `stop` is set. The connection is closed in between."""
    while not stop.wait(seconds):
        try:
            with suppress(Error):  # the database is away or read-only; the next run stores later uses
                store()
        finally:
            connection.close()
