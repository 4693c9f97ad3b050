"""Threads do not wait for ever for a server that has stopped."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from netflix.hot import deadlines
from netflix.tests.queries import frozen, query

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 1.0  # seconds
PATIENCE = 30


@pytest.fixture
def tracked():
    """The waits of connections opened from now on."""
    connection_created.connect(deadlines.track_waits, dispatch_uid="test")
    yield
    connection_created.disconnect(dispatch_uid="test")


@contextmanager
def watch():
    """Looks for threads that wait for longer than the limit, as the event loop does, until one of them connects anew."""
    stop = threading.Event()

    def look():
        while not stop.wait(0.1):
            deadlines.close_overdue(LIMIT)

    def end(**named):
        stop.set()

    connection_created.connect(end)
    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        end()
        watcher.join()
        connection_created.disconnect(end)


def pid_of_this_thread():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def close():
    connection.close()  # this thread's own


def by_cursor():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


def by_statement():
    return query("SELECT 1", result=lambda rows: int(rows[0][0])).run()


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as executor:
        yield lambda ask: executor.submit(ask).result(PATIENCE)
        executor.submit(close).result(PATIENCE)


def test_it_gives_an_error_instead_of_a_server_that_has_stopped(tracked, thread):
    with frozen(thread(pid_of_this_thread)):
        started = time.monotonic()
        with watch(), pytest.raises(OperationalError):
            thread(by_cursor)
        assert time.monotonic() - started >= LIMIT
    thread(close)
    assert thread(by_cursor) == 1  # by a new connection


def test_it_runs_a_statement_again_over_a_new_connection(tracked, thread):
    before = thread(pid_of_this_thread)
    with frozen(before):
        with watch():
            assert thread(by_statement) == 1
        assert thread(pid_of_this_thread) != before


def test_it_leaves_alone_who_waits_for_something_else(tracked, thread):
    before = thread(pid_of_this_thread)
    with watch():
        thread(lambda: time.sleep(2 * LIMIT))
    assert thread(pid_of_this_thread) == before
