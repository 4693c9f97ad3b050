"""Fills the likes, reminders and watched films of readers; they are the same in every run."""

from collections.abc import Sequence

from django.db import connection

_ROWS = 60  # per list: three pages
# The n-th film on each list of a reader.
_LISTED = """
    SELECT reader, n, 1 + (reader * 7919 + n * 2654435761) %% movies AS movie
      FROM benchmark_catalogue, unnest(%(readers)s::bigint[]) AS reader, generate_series(1, %(rows)s::bigint) AS n
"""
_STATEMENTS = (
    "DELETE FROM reminder_reminder WHERE user_id = ANY(%(readers)s)",
    """
    DELETE FROM reminder_viewing WHERE watched_id IN (
        SELECT id FROM reminder_watched WHERE user_id = ANY(%(readers)s))
    """,
    "DELETE FROM reminder_watched WHERE user_id = ANY(%(readers)s)",
    f"SELECT count(benchmark_like(reader, movie)) FROM (SELECT * FROM ({_LISTED}) AS listed ORDER BY n) AS ordered",
    f"""
    INSERT INTO reminder_reminder (user_id, movie_id, note, remind_at, created_at)
    SELECT reader, movie, CASE n %% 3 WHEN 0 THEN 'With friends, on a rainy evening.' ELSE '' END,
           CASE n %% 2 WHEN 0 THEN date_trunc('day', now()) + n * interval '30 hours' END,
           date_trunc('day', now()) - n * interval '1 hour'
      FROM ({_LISTED}) AS listed ORDER BY n DESC
    """,
    f"""
    INSERT INTO reminder_watched (user_id, movie_id, last_watched_at)
    SELECT reader, movie, date_trunc('day', now()) - n * interval '20 hours' FROM ({_LISTED}) AS listed
    """,
    """
    INSERT INTO reminder_viewing (watched_id, watched_at)
    SELECT id, last_watched_at - time * interval '50 days'
      FROM reminder_watched, generate_series(0, id %% 3) AS time WHERE user_id = ANY(%(readers)s)
    """,
)
TABLES = ("reminder_reminder", "reminder_watched", "reminder_viewing")


def fill(readers: Sequence[int]) -> None:
    """Fill the lists of people who like nothing yet. The peers' function for likes also updates the rankings."""
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, {"readers": list(readers), "rows": _ROWS})
