"""How many buffers of 8 kB PostgreSQL reads for a statement."""

from django.db import connection
from django.test import RequestFactory

from netflix.tests.emptying import table_names
from netflix.tests.meanwhile import eventually


def use_empty_tables():
    """Give every table a new file, without the dead rows and the statistics that other tests have left.

    VACUUM is not enough: if only a few pages of a table have dead rows, it skips the indexes and keeps those rows. If the
    test runs in a transaction, its rollback restores the old files.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(table_names())}")


def mark_pages_visible(*tables):
    """VACUUM the tables until an index-only scan reads hardly anything but the index.

    VACUUM marks no page with rows that an older snapshot may not see (that of an autovacuum, for example), or whose commit
    is not on the disk yet, for which commits do not wait in tests.
    """

    def pages_are_visible():
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM {', '.join(tables)}")
            cursor.execute(
                "SELECT bool_and(relallvisible >= relpages * 0.99) FROM pg_class WHERE oid = ANY (%s::regclass[])",
                [list(tables)],
            )
            return cursor.fetchone()[0]

    eventually(pages_are_visible)


def buffers_of_read(read, address, viewer_id=None):
    """The buffers of all queries of a read."""
    buffers, steps = 0, read(RequestFactory().get(address), viewer_id)
    step = next(steps)
    while True:
        if hasattr(step, "statement"):
            buffers += buffers_of_query(step)
        try:
            step = steps.send(step.run())
        except StopIteration:
            return buffers


def buffers_of_query(query):
    """The buffers of a query with the plan that web servers use; for prepared statements, the generic plan."""
    plan = plan_of_query(query)
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def plan_of_query(query):
    statement, pgconn = query.statement, connection.connection.pgconn
    texts = statement.texts(query.values)
    explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("SET LOCAL enable_mergejoin = off")
        if not statement.prepared:
            cursor.execute(f"{explain} {statement.with_literals(texts, pgconn)[0].decode().replace('%', '%%')}", [])
            return cursor.fetchone()[0][0]["Plan"]
        cursor.execute(f"PREPARE of_a_test AS {statement.sql}")
        values = type(statement)(", ".join(f"%({name})s" for name in statement.names) or " ")
        given = values.with_literals(texts, pgconn)[0].decode().replace("%", "%%")
        cursor.execute(f"{explain} EXECUTE of_a_test {f'({given})' if texts else ''}", [])
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("DEALLOCATE of_a_test")
    return plan
