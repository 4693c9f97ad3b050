"""How many buffers of 8 kB PostgreSQL reads for a statement."""

from django.db import connection


def sweep():
    """Removes what other tests' transactions have left in the tables, so that nobody reads past it."""
    stranger = connection.copy()
    try:
        with stranger.cursor() as cursor:
            cursor.execute("VACUUM")
    finally:
        stranger.close()


def buffers_of_generic(sql, values):
    """With a plan for any values, as the web role has it: PostgreSQL knows none of them, nor how many rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("SET LOCAL enable_mergejoin = off")
        cursor.execute(f"PREPARE hot AS {sql}")
        cursor.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE hot ({', '.join(map(str, values))})"
        )
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("DEALLOCATE hot")
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
