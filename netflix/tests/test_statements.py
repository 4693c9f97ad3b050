"""Statements with named values: prepared, or with their values as literals; on Django's connection and the loop's."""

import asyncio

import pytest
from django.db import DataError, connection

from netflix.hot.statements import Statement
from netflix.tests.queries import echo, query, run

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = pytest.mark.parametrize("prepared", [True, False])
VALUES = [
    "",
    "plain",
    "it's",
    "''",
    'a "b"',
    "\\",
    "\\'",
    "a\\",
    "$1",
    "$1 $2 %s %(value)s %%",
    "Ünal 日本 🎬",
    "a\nb\t",
    -5,
    None,
]


@BOTH
def test_it_sends_every_value_as_it_is(prepared):
    sql = "SELECT %(one)s::text, %(other)s::text, %(one)s::text"
    queries = [query(sql, prepared=prepared, result=lambda rows: rows[0], one=it, other="$1") for it in VALUES]

    async def ask(pipeline):
        return await asyncio.gather(*map(pipeline.run, queries))

    texts = [None if value is None else str(value).encode() for value in VALUES]
    assert [each.run() for each in queries] == run(ask) == [(text, b"$1", text) for text in texts]


@BOTH
def test_it_leaves_what_the_statement_says_itself(prepared):
    said = query("SELECT '$1', '%%s', '100 %%', %(value)s::text", prepared=prepared, result=list, value="x")

    async def ask(pipeline):
        return await pipeline.run(said)

    assert said.run() == run(ask) == [(b"$1", b"%s", b"100 %", b"x")]


@pytest.mark.parametrize("value", VALUES)
def test_it_compares_with_a_literal_as_with_a_parameter(value):
    given = ", ".join(f"(%(n{n})s)" for n in range(len(VALUES)))
    values = {f"n{n}": each for n, each in enumerate(VALUES)}
    counts = {
        query(
            f"SELECT count(*) FROM (VALUES {given}) AS t (x) WHERE x = %(value)s",
            prepared=prepared, result=lambda rows: rows[0][0], value=value, **values,
        ).run()
        for prepared in (True, False)
    }  # fmt: skip
    assert counts == {b"0" if value is None else b"1"}


@BOTH
def test_it_takes_the_type_of_a_value_from_its_place(prepared):
    sql = "SELECT 7 / %(number)s, 5 BETWEEN %(number)s AND 8, ARRAY[1, 2] @> %(many)s"
    asked = query(sql, prepared=prepared, result=list, number=2, many="{2}")
    assert asked.run() == [(b"3", b"t", b"t")]


@BOTH
def test_it_raises_djangos_errors(prepared):
    with pytest.raises(DataError):
        query("SELECT 1 / %(zero)s::int", prepared=prepared, zero=0).run()
    assert echo("after", prepared=prepared).run() == b"after"


@BOTH
def test_it_is_part_of_djangos_transaction(prepared):
    """Of one that Django begins by itself, too."""
    current = query(
        "SELECT pg_current_xact_id()::text, %(x)s::text", prepared=prepared, result=lambda rows: rows[0], x="x"
    )
    assert current.run() != current.run()
    connection.set_autocommit(False)
    try:
        assert current.run() == current.run()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            assert cursor.fetchone()[0].encode() == current.run()[0]
        connection.rollback()
    finally:
        connection.set_autocommit(True)


@BOTH
def test_it_goes_on_with_a_new_connection_when_the_old_one_has_died(prepared):
    asked = echo("x", prepared=prepared)
    asked.run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    stranger = connection.copy()
    try:
        with stranger.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
            assert cursor.fetchone()[0]  # it has ended
    finally:
        stranger.close()
    assert asked.run() == b"x"


def test_it_prepares_anew_what_the_server_has_forgotten():
    assert echo("first").run() == b"first"
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert echo("second").run() == b"second"
    connection.close()  # the next test, in a transaction of its own, could not prepare again what is forgotten


def test_it_prepares_anew_what_reads_other_columns_since_a_migration():
    all_of_it = Statement("SELECT * FROM hot_changes")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hot_changes AS SELECT text 'a' AS name")
        try:
            assert all_of_it.rows({}) == [(b"a",)]
            cursor.execute("ALTER TABLE hot_changes ADD COLUMN more text DEFAULT 'b'")
            assert all_of_it.rows({}) == [(b"a", b"b")]
        finally:
            cursor.execute("DROP TABLE hot_changes")
