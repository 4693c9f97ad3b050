"""Likes for the Django peers: they call the function in functions.sql, as all peers do."""

from django.db import connection
from django.http import Http404


def like(user_id: int, movie_id: int) -> int:
    return _changed("SELECT benchmark_like(%s, %s)", user_id, movie_id)


def unlike(user_id: int, movie_id: int) -> int:
    return _changed("SELECT benchmark_unlike(%s, %s)", user_id, movie_id)


def _changed(statement: str, user_id: int, movie_id: int) -> int:
    """Return how many people like the film afterwards. Raises Http404."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [user_id, movie_id])
        (likes,) = cursor.fetchone()
    if likes is None:
        raise Http404
    return int(likes)
