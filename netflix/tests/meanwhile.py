"""Things that happen at the same time, or in the meantime."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction

SECONDS = 60  # for what takes milliseconds


def eventually(condition):
    """Wait until the condition is true."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.02)


def at_once(functions, *, threads=None):
    """Call the functions in threads, each with its own database connection; return their results in order.

    All functions start at the same moment, or with `threads` this many run at a time.
    """
    barrier = Barrier(1 if threads else len(functions))

    def run(function):
        try:
            barrier.wait()
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads or len(functions)) as pool:
        return list(pool.map(run, functions))


def deadlocks():
    """How many deadlocks this database has had."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def somebody_waits():
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.rowcount > 0


def somebody_waits_for_us():
    """Whether a connection waits for a lock of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
        return cursor.rowcount > 0


def while_another_writes(write, request):
    """Send a request while a transaction is open that has written. It commits when the request waits for it."""

    def in_a_thread():
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            write()
            answer = pool.submit(in_a_thread)
            eventually(somebody_waits_for_us)
        return answer.result()
