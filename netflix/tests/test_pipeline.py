"""The event loop's own connection: what is asked at once is answered in turn; what happens to one is no other's loss."""

import asyncio
from contextlib import closing

import psycopg
import pytest
from django.db import OperationalError, connection

from netflix.api.pipeline import Pipeline
from netflix.api.prepared import Query, Statement
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.django_db(transaction=True)

PID = Query(Statement("SELECT pg_backend_pid()"), (), lambda rows: int(rows[0][0]))

PREPARED = Query(
    Statement("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%$1::text'"),
    (),
    lambda rows: int(rows[0][0]),
)


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


def test_it_prepares_once_for_all_whose_statement_was_forgotten():
    async def ask(pipeline):
        await pipeline.run(echo("first"))
        await pipeline.run(Query(Statement("DEALLOCATE ALL"), (), len))
        return await asyncio.gather(*(pipeline.run(echo(n)) for n in range(5))), await pipeline.run(PREPARED)

    answers, prepared = run(ask)
    assert answers == [str(n).encode() for n in range(5)]
    assert prepared == 1


def test_it_prepares_again_when_that_failed_for_a_passing_reason():
    """A migration holds the table until the first gives up; two others have asked for the same meanwhile."""
    hurried = Query(Statement("SELECT set_config('lock_timeout', '1s', false)"), (), len)
    locked = Query(Statement("SELECT name FROM movies_genre"), (), len)

    async def ask(pipeline, migration):
        await pipeline.run(hurried)
        asked = [asyncio.create_task(pipeline.run(locked)) for _ in range(3)]
        await asyncio.wait(asked[:1])
        await asyncio.to_thread(migration.rollback)
        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        return first, others, await pipeline.run(locked)

    with psycopg.connect(url_of_the_test_database()) as migration:
        migration.execute("LOCK TABLE movies_genre IN ACCESS EXCLUSIVE MODE")
        first, others, later = run(lambda pipeline: ask(pipeline, migration))
    assert isinstance(first, psycopg.errors.LockNotAvailable)
    assert (others, later) == ([0, 0], 0)


def test_it_prepares_anew_what_reads_other_columns_since_a_migration():
    def migrate(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    all_of_it = Query(Statement("SELECT * FROM pipeline_changes"), (), lambda rows: rows[0])

    async def ask(pipeline):
        before = await pipeline.run(all_of_it)
        await asyncio.to_thread(migrate, "ALTER TABLE pipeline_changes ADD COLUMN more text DEFAULT 'b'")
        return before, await asyncio.gather(*(pipeline.run(all_of_it) for _ in range(3)))

    try:
        migrate("CREATE TABLE pipeline_changes AS SELECT text 'a' AS name")
        before, after = run(ask)
    finally:
        migrate("DROP TABLE IF EXISTS pipeline_changes")
    assert (before, after) == ((b"a",), [(b"a", b"b")] * 3)


def test_it_tells_all_who_wait_that_there_is_no_connection(monkeypatch):
    tries = []

    def refuse():
        tries.append(1)
        raise OperationalError("the database is away")

    monkeypatch.setattr("netflix.api.pipeline._connect", refuse)

    async def ask(pipeline):
        first = await asyncio.gather(*(pipeline.run(echo(n)) for n in range(5)), return_exceptions=True)
        monkeypatch.undo()
        return first, await pipeline.run(echo("back"))

    errors, back = run(ask)
    assert [str(error) for error in errors] == ["the database is away"] * 5
    assert (len(tries), back) == (1, b"back")


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
