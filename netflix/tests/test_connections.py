"""The event loop's connections: concurrent queries are answered in order, and a failure of one harms no other."""

import asyncio
from contextlib import suppress

import psycopg
import pytest
from django.db import connection

from netflix.hot.connections import Connections, DatabaseBusy
from netflix.hot.statements import Lane
from netflix.tests.meanwhile import eventually
from netflix.tests.queries import echo, frozen, query, run
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60  # seconds, for what takes a moment
DEADLINE = 1.0  # for queries that will not be answered


def sleep(seconds):
    return query("SELECT pg_sleep(%(seconds)s)", seconds=seconds)


PID = query("SELECT pg_backend_pid()", result=lambda rows: int(rows[0][0]))
PREPARED = query(
    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%$1::text'",
    result=lambda rows: int(rows[0][0]),
)

LITERALS = query(
    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%''::text'",
    result=lambda rows: int(rows[0][0]),
)


def with_deadline():
    return Connections(deadline=DEADLINE)


async def answered(connections, query):
    """Return the query's result. Repeats it if it misses the deadline, as ordinary queries may on a busy machine."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(DatabaseBusy):
                return await connections.run(query)


def end(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connection.close()  # this thread's own


async def until_two_wait(observer):
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(waiting_for_locks, observer) < 2:
            await asyncio.sleep(0.01)


def waiting_for_locks(observer):
    """How many queries of this database wait for a lock."""
    ((number,),) = observer.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchall()
    return number


def test_it_answers_each_of_many_with_its_own():
    async def ask(pipeline):
        return await asyncio.gather(*(pipeline.run(echo(n)) for n in range(500)), pipeline.run(PID), pipeline.run(PID))

    *answers, one, other = run(ask)
    assert answers == [str(n).encode() for n in range(500)]
    assert one == other  # one connection for all


def test_it_sends_and_receives_more_than_a_socket_holds():
    large = "x" * 3_000_000

    async def ask(pipeline):
        return await asyncio.wait_for(asyncio.gather(*(pipeline.run(echo(large)) for _ in range(4))), PATIENCE)

    assert [len(answer) for answer in run(ask)] == [len(large)] * 4


def test_it_plans_what_is_not_prepared_for_its_values_and_keeps_nothing():
    async def ask(pipeline):
        mixed = [pipeline.run(echo(n, prepared=False)) for n in range(5)]
        return await asyncio.gather(*mixed), await pipeline.run(PREPARED)

    assert run(ask) == ([str(n).encode() for n in range(5)], 0)


def test_it_tells_an_error_to_the_one_who_made_it():
    broken = (query("SELECT 1 / %(zero)s::int", prepared=prepared, zero=0) for prepared in (True, False))

    async def ask(pipeline):
        asked = (pipeline.run(echo("before")), *map(pipeline.run, broken), pipeline.run(echo("after")))
        return await asyncio.gather(*asked, return_exceptions=True)

    before, *errors, after = run(ask)
    assert (before, after) == (b"before", b"after")
    assert [type(error) for error in errors] == [psycopg.errors.DivisionByZero] * 2


def test_it_prepares_again_what_could_not_be_prepared():
    late = query("SELECT name FROM pipeline_late")

    async def ask(pipeline):
        errors = await asyncio.gather(pipeline.run(late), pipeline.run(late), return_exceptions=True)
        await pipeline.run(query("CREATE TABLE pipeline_late (name text)"))
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
        await pipeline.run(query("DEALLOCATE ALL"))
        return await pipeline.run(echo("second"))

    assert run(ask) == b"second"


def test_it_prepares_once_for_all_whose_statement_was_forgotten():
    async def ask(pipeline):
        await pipeline.run(echo("first"))
        await pipeline.run(query("DEALLOCATE ALL"))
        return await asyncio.gather(*(pipeline.run(echo(n)) for n in range(5))), await pipeline.run(PREPARED)

    answers, prepared = run(ask)
    assert answers == [str(n).encode() for n in range(5)]
    assert prepared == 1


def test_it_prepares_again_when_that_failed_for_a_passing_reason():
    """A migration holds the table until the first has failed; two others have asked for the same meanwhile."""
    locked = query("SELECT name FROM movies_genre")

    def cancel(pid, migration):
        eventually(lambda: migration.execute("SELECT FROM pg_locks WHERE NOT granted AND pid = %s", [pid]).rowcount)
        migration.execute("SELECT pg_cancel_backend(%s)", [pid])

    async def ask(pipeline, migration):
        pid = await pipeline.run(PID)
        asked = [asyncio.create_task(pipeline.run(locked)) for _ in range(3)]
        await asyncio.to_thread(cancel, pid, migration)
        await asyncio.wait(asked[:1])
        await asyncio.to_thread(migration.rollback)
        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        return first, others, await pipeline.run(locked)

    with psycopg.connect(url_of_the_test_database()) as migration:
        migration.execute("LOCK TABLE movies_genre IN ACCESS EXCLUSIVE MODE")
        first, others, later = run(lambda pipeline: ask(pipeline, migration))
    assert isinstance(first, psycopg.errors.QueryCanceled)
    assert (others, later) == ([0, 0], 0)


def test_it_prepares_anew_what_reads_other_columns_since_a_migration():
    def migrate(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    all_of_it = query("SELECT * FROM pipeline_changes", result=lambda rows: rows[0])

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
    async def ask(pipeline):
        monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
        first = await asyncio.gather(*(pipeline.run(echo(n)) for n in range(5)), return_exceptions=True)
        monkeypatch.undo()
        return first, await pipeline.run(echo("back"))

    errors, back = run(ask)
    assert isinstance(errors[0], psycopg.OperationalError)
    assert {id(error) for error in errors} == {id(errors[0])}  # they waited for one attempt
    assert back == b"back"


def test_it_connects_anew_when_the_connection_has_ended():
    async def ask(pipeline):
        pid = await pipeline.run(PID)
        interrupted = asyncio.gather(pipeline.run(sleep(30)), pipeline.run(echo("behind")), return_exceptions=True)
        await asyncio.to_thread(end, pid)
        return pid, await asyncio.wait_for(interrupted, 10), await pipeline.run(PID)

    pid, errors, new = run(ask)
    assert new != pid
    assert all(isinstance(error, psycopg.OperationalError) for error in errors)


def test_it_goes_on_when_one_who_asked_has_left():
    async def ask(pipeline):
        await pipeline.run(PID)
        leaving = [asyncio.create_task(pipeline.run(each)) for each in (sleep(0.2), echo("nobody"))]
        staying = asyncio.create_task(pipeline.run(echo("next")))
        await asyncio.sleep(0)  # they begin
        for each in leaving:
            each.cancel()
        return await asyncio.wait_for(staying, PATIENCE), await pipeline.run(echo("later"))

    assert run(ask) == (b"next", b"later")


def test_it_gives_up_a_query_that_takes_too_long():
    async def ask(connections):
        pid = await answered(connections, PID)
        await answered(connections, sleep(0))
        begun = asyncio.get_running_loop().time()
        with pytest.raises(DatabaseBusy):
            await connections.run(sleep(PATIENCE))
        took = asyncio.get_running_loop().time() - begun
        return took, pid, await answered(connections, PID)

    took, pid, new = run(ask, of=with_deadline)
    end(pid)
    assert DEADLINE * 0.9 <= took < PATIENCE / 2
    assert new != pid  # nobody waits behind it


def test_it_gives_up_a_server_process_that_does_nothing():
    async def ask(connections):
        pid = await answered(connections, PID)
        with frozen(pid):
            asked = [connections.run(each) for each in (PID, echo("a"), echo("b", prepared=False))]
            errors = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), PATIENCE)
            return pid, errors, await answered(connections, PID)

    pid, errors, new = run(ask, of=with_deadline)
    assert [type(error) for error in errors] == [DatabaseBusy] * 3
    assert new != pid


def write(row, amount=1, *, kind="like"):
    sql = f"""
        UPDATE connections_rows SET number = number * 10 + %(amount)s WHERE id = %(row)s
        RETURNING pg_backend_pid() AS by_{kind}
    """
    return query(
        sql, lane=Lane.WRITE, locked_row_key="row", result=lambda rows: int(rows[0][0]), row=row, amount=amount
    )  # fmt: skip


@pytest.fixture
def held():
    """A connection that has locked row 1, and another one to observe it with."""
    url = url_of_the_test_database()
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as observer:
        observer.execute(
            "CREATE TABLE connections_rows AS SELECT id, 0::bigint AS number FROM generate_series(1, 9) AS id"
        )
        holder.execute("SELECT FROM connections_rows WHERE id = 1 FOR UPDATE")
        yield holder, observer
        holder.rollback()
        observer.execute("DROP TABLE connections_rows")


def number_of(observer, row):
    return observer.execute("SELECT number FROM connections_rows WHERE id = %s", [row]).fetchone()[0]


@pytest.mark.parametrize("is_open", [True, False])
def test_it_sends_few_writes_of_one_row_at_once_while_others_go_on(held, is_open):
    holder, observer = held

    async def others(connections):
        rows_and_kinds = zip(range(2, 10), ("like", "unlike") * 4, strict=True)
        writes = (connections.run(write(row, kind=kind)) for row, kind in rows_and_kinds)
        await asyncio.wait_for(asyncio.gather(*writes), PATIENCE)

    async def ask(connections):
        if is_open:
            await connections.run(write(2, 0))
        waiting = [asyncio.create_task(connections.run(write(1, n))) for n in range(1, 6)]
        await others(connections)
        await until_two_wait(observer)
        await others(connections)  # a third write of the row would have been sent by now
        waited = [task.done() for task in waiting]
        at_once = waiting_for_locks(observer)
        await asyncio.to_thread(holder.rollback)
        await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE)
        return waited, at_once

    assert run(ask, of=Connections) == ([False] * 5, 2)
    assert sorted(str(number_of(observer, 1))) == list("12345")


def test_it_counts_the_waiting_for_a_turn_among_the_time_that_a_query_has(held):
    holder, observer = held

    async def ask(connections):
        asked = [connections.run(write(1, n)) for n in range(1, 4)]
        errors = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), PATIENCE)
        other = await answered(connections, write(2))
        await asyncio.to_thread(holder.rollback)
        return errors, other

    errors, other = run(ask, of=with_deadline)
    assert [type(error) for error in errors] == [DatabaseBusy] * 3
    assert other
    assert set(str(number_of(observer, 2))) == {"1"}


def test_it_passes_the_turn_on_when_one_who_waited_for_it_has_left(held):
    holder, observer = held

    async def ask(connections):
        first, second, leaving, last = (asyncio.create_task(connections.run(write(1, n))) for n in (1, 2, 3, 4))
        await until_two_wait(observer)
        leaving.cancel()
        await asyncio.to_thread(holder.rollback)
        return await asyncio.wait_for(asyncio.gather(first, second, leaving, last, return_exceptions=True), PATIENCE)

    first, second, left, last = run(ask, of=Connections)
    assert isinstance(left, asyncio.CancelledError)
    assert all([first, second, last])
    assert sorted(str(number_of(observer, 1))) == list("124")


def test_it_passes_the_turn_on_after_an_error(held):
    holder, observer = held
    holder.rollback()

    async def ask(connections):
        asked = [connections.run(write(1, amount)) for amount in (2**70, 2)]
        return await asyncio.gather(*asked, return_exceptions=True)

    error, other = run(ask, of=Connections)
    assert isinstance(error, psycopg.errors.NumericValueOutOfRange)
    assert other
    assert number_of(observer, 1) == 2


def test_it_prepares_a_statement_with_literals_when_it_comes_again_and_forgets_the_oldest():
    async def ask(pipeline):
        numbers = []
        for n in range(70):
            for _ in range(3):
                assert await pipeline.run(echo(f"it's {n}%", prepared=False)) == f"it's {n}%".encode()
            numbers.append(await pipeline.run(LITERALS))
        assert await pipeline.run(echo("it's 0%", prepared=False)) == b"it's 0%"
        return numbers

    numbers = run(ask)
    assert numbers[0] == 1
    assert max(numbers) == numbers[-1] == 64


def test_it_gives_up_a_connection_that_was_opened_for_the_query_that_takes_too_long():
    async def ask(connections):
        with pytest.raises(DatabaseBusy):
            await connections.run(sleep(2 * PATIENCE))
        return await answered(connections, PID)

    try:
        assert run(ask, of=with_deadline) > 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(%' AND state = 'active'
                """
            )
