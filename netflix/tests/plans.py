"""How many buffers of 8 kB PostgreSQL reads for a statement."""

from django.db import connection
from django.test import RequestFactory

from netflix.tests.meanwhile import eventually


def sweep(*tables):
    """VACUUM these tables, or all, until no dead row of another test is left and an index-only scan reads the index alone.

    One VACUUM may do nothing: it leaves what an older snapshot may still see (that of an autovacuum, for example), and
    marks no page whose rows were committed, but are not on the disk yet, for which commits do not wait in tests.
    """
    wanted = list(tables or connection.introspection.django_table_names(only_existing=True, include_views=False))

    def all_pages_are_visible():
        _vacuum(tables)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bool_and(relallvisible = relpages) FROM pg_class WHERE oid = ANY (%s::regclass[])", [wanted]
            )
            return cursor.fetchone()[0]

    eventually(all_pages_are_visible)


def _vacuum(tables):
    """In a connection of its own: VACUUM does not run in a transaction."""
    stranger = connection.copy()
    try:
        with stranger.cursor() as cursor:
            cursor.execute(f"VACUUM {', '.join(tables)}")
    finally:
        stranger.close()


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
