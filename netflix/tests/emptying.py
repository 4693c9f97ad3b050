"""Empty the tables after a test with `transaction=True`, a hundred times as fast as Django does.

Django truncates every table, used or not, and makes the content types and permissions again: about 300 ms a test. Deleting
the few rows that a test has made takes 3 ms. Content types and permissions stay, also for the processes that know them.
"""

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

_PERMANENT = {"django_content_type", "auth_permission"}
_LARGE = 32 * 2**20  # bytes; deleted rows leave their space behind, truncated ones do not

_flush = TransactionTestCase._fixture_teardown


def table_names() -> list[str]:
    """The quoted names of all tables that are empty between tests."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - _PERMANENT
    return [connection.ops.quote_name(table) for table in sorted(tables)]


def others_are_idle() -> bool:
    """Whether no other session on this database is in a transaction, which would hold rows or still write some."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            "   AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return cursor.rowcount == 0


def empty_tables(case: Any) -> None:
    """Replaces `TransactionTestCase._fixture_teardown`, which stays for users who may not disable triggers."""
    names = table_names()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('is_superuser') = 'on', sum(pg_total_relation_size(name::regclass)) < %s"
            "  FROM unnest(%s::text[]) AS name",
            [_LARGE, names],
        )
        is_superuser, is_small = cursor.fetchone()
        if is_superuser and is_small:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers, so in any order
            cursor.execute("; ".join(f"DELETE FROM {name}" for name in names))
        elif is_superuser:
            cursor.execute(f"TRUNCATE {', '.join(names)}")
    if not is_superuser:
        _flush(case)
