"""Limits how long threads wait for a database server that is frozen or unreachable.

Such a server does not even enforce the statement timeout. Its connection is shut down, so that the thread gets an
error, the client a 503, and the next request a new connection.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from django.db.backends.signals import connection_created

_CHECK_SECONDS = 0.5

_waiting: dict[int, tuple[float, Any]] = {}  # by thread: when it began to wait, and its connection of libpq


def enforce(seconds: float) -> None:
    """Called in the event loop: from now on no thread waits longer than this for a result."""
    connection_created.connect(track_waits, dispatch_uid="deadlines")
    loop = asyncio.get_running_loop()

    def check() -> None:
        close_overdue(seconds)
        loop.call_later(_CHECK_SECONDS, check)

    check()


def close_overdue(seconds: float) -> None:
    for since, pgconn in list(_waiting.values()):
        if time.monotonic() - since > seconds:
            with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(pgconn.socket)) as copy:
                copy.shutdown(socket.SHUT_RDWR)


def track_waits(**named: Any) -> None:
    """For the signal connection_created: record when the thread of this connection waits."""
    database = named["connection"].connection
    wait: Callable[..., Any] = database.wait

    def tracked(*arguments: Any, **options: Any) -> Any:
        thread = threading.get_ident()
        _waiting[thread] = time.monotonic(), database.pgconn
        try:
            return wait(*arguments, **options)
        finally:
            del _waiting[thread]

    database.wait = tracked  # psycopg waits with it for every result, those of BEGIN and COMMIT too
