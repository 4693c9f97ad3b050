"""The event loop's own connection: what is asked at once is answered in turn; what happens to one is no other's loss."""

import asyncio
from contextlib import closing

import psycopg
import pytest
from django.db import connection

from netflix.api.pipeline import Pipeline
from netflix.api.prepared import Query, Statement

pytestmark = pytest.mark.django_db(transaction=True)

PID = Query(Statement("SELECT pg_backend_pid()"), (), lambda rows: int(rows[0][0]))


def run(ask):
    async def and_close():
        with closing(Pipeline()) as pipeline:
            return await ask(pipeline)

    return asyncio.run(and_close())


def echo(value):
    return Query(Statement("SELECT $1::text"), (value,), lambda rows: rows[0][0])


def test_it_answers_each_of_many_with_its_own():
    async def ask(pipeline):
        return await asyncio.gather(*(pipeline.run(echo(n)) for n in range(500)), pipeline.run(PID), pipeline.run(PID))

    *answers, one, other = run(ask)
    assert answers == [str(n).encode() for n in range(500)]
    assert one == other  # one connection for all


def test_it_sends_and_receives_more_than_a_socket_holds():
    large = "x" * 3_000_000

    async def ask(pipeline):
        return await asyncio.wait_for(asyncio.gather(*(pipeline.run(echo(large)) for _ in range(4))), 30)

    assert [len(answer) for answer in run(ask)] == [len(large)] * 4


def test_it_tells_an_error_to_the_one_who_made_it():
    broken = Query(Statement("SELECT 1 / $1::int"), (0,), len)

    async def ask(pipeline):
        asked = (pipeline.run(echo("before")), pipeline.run(broken), pipeline.run(echo("after")))
        return await asyncio.gather(*asked, return_exceptions=True)

    before, error, after = run(ask)
    assert (before, after) == (b"before", b"after")
    assert isinstance(error, psycopg.errors.DivisionByZero)


def test_it_prepares_again_what_could_not_be_prepared():
    late = Query(Statement("SELECT name FROM pipeline_late"), (), len)

    async def ask(pipeline):
        errors = await asyncio.gather(pipeline.run(late), pipeline.run(late), return_exceptions=True)
        await pipeline.run(Query(Statement("CREATE TABLE pipeline_late (name text)"), (), len))
        return errors, await pipeline.run(late)

    try:
        errors, found = run(ask)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pipeline_late")
    assert found == 0
    assert all(isinstance(error, psycopg.errors.UndefinedTable) for error in errors)


def test_it_prepares_anew_what_the_server_has_forgotten():
    async def ask(pipeline):
        await pipeline.run(echo("first"))
        await pipeline.run(Query(Statement("DEALLOCATE ALL"), (), len))
        return await pipeline.run(echo("second"))

    assert run(ask) == b"second"


def test_it_connects_anew_when_the_connection_has_ended():
    sleeping = Query(Statement("SELECT pg_sleep(30)"), (), len)

    def end(pid):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()  # this thread's own

    async def ask(pipeline):
        pid = await pipeline.run(PID)
        interrupted = asyncio.gather(pipeline.run(sleeping), pipeline.run(echo("behind")), return_exceptions=True)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(end, pid)
        return pid, await asyncio.wait_for(interrupted, 10), await pipeline.run(PID)

    pid, errors, new = run(ask)
    assert new != pid
    assert all(isinstance(error, psycopg.OperationalError) for error in errors)


def test_it_goes_on_when_one_who_asked_has_left():
    async def ask(pipeline):
        await pipeline.run(PID)
        leaving = asyncio.create_task(pipeline.run(Query(Statement("SELECT pg_sleep(0.2)"), (), len)))
        await asyncio.sleep(0.05)
        leaving.cancel()
        return await asyncio.wait_for(pipeline.run(echo("next")), 10)

    assert run(ask) == b"next"
