"""The SQL behind the `reminder` and `watched` members of films: docs/adr/0014."""

from datetime import datetime

from netflix.hot.statements import Query, Row, Statement
from reminder.models import Reminder, Watched
from reminder.selectors import ViewerFacts

# Adds `watched` and `reminder` to films in lists: see `movies.rows.ViewerFlags`.
VIEWER_LISTS = {"watched": Watched, "reminder": Reminder}

_FACTS = Statement(
    """
    SELECT reminder.id, remind_at, note, sent_at,
           last_watched_at, (SELECT count(*) FROM reminder_viewing WHERE watched_id = watched.id)
      FROM (SELECT %(user_id)s::bigint AS user_id, %(movie_id)s::bigint AS movie_id) AS mine
      LEFT JOIN reminder_reminder AS reminder USING (user_id, movie_id)
      LEFT JOIN reminder_watched AS watched USING (user_id, movie_id)
    """
)


def viewer_facts(user_id: int, movie_id: int) -> Query[ViewerFacts]:
    """Query for a viewer's entries for a film on both lists."""
    return Query(_FACTS, {"user_id": user_id, "movie_id": movie_id}, _facts)


def _facts(rows: list[Row]) -> ViewerFacts:
    ((reminder, remind_at, note, sent_at, watched_at, times),) = rows
    watched = _datetime(watched_at)
    return {
        "reminder": {"remind_at": _datetime(remind_at), "note": note.decode(), "sent_at": _datetime(sent_at)}
        if reminder
        else None,
        "watched": {"last_watched_at": watched, "times": int(times)} if watched else None,
    }


def _datetime(text: bytes | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.decode())
