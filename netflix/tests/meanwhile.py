"""Two transactions that meet where a test wants them to."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

SECONDS = 60  # for what takes milliseconds


def wait_until_somebody_waits():
    deadline = time.monotonic() + SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            time.sleep(0.01)
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.rowcount:
                return
    raise AssertionError("Nobody waits.")


def while_another_writes(write, request):
    """Answer a request that begins while a transaction which has written is open; that commits once it is waited for."""

    def in_a_thread():
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            write()
            answer = pool.submit(in_a_thread)
            wait_until_somebody_waits()
        return answer.result()
