"""Locks of the catalogue, and the one order in which every writer of every context takes its locks.

Two transactions that take the same locks in different orders may wait for each other. So all take them in this order:

1. the editing lock: `lock_editing` to add, rename, merge or remove a genre or a person, to merge movies, or to change
   many of them; `lock_editing_shared` to change one movie
2. rows of movies: `select_for_update`, or `selectors.lock_against_removal` in other contexts
3. the name that a movie gets: `lock_name`
4. search documents: `lock_indexing` where several statements change them, then their rows
5. search words, by the statement that stores or removes a document
6. accounts: `lock_user` and `lock_users` of `netflix.accounts.services`
7. counts of likes: `lock_likes`
8. rows of a user: likes, reminders, watched movies, tickets

An import holds a lock of its own before all of these (`movies/importing/run.py`), and through many transactions.

Of several locks of one kind the one with the smaller id comes first; words are locked in alphabetical order.

One lock may come earlier: `movies.history` locks the account of the author as soon as a change begins. Only `erase`
and the admin's page of the account wait for that lock, and afterwards they take no lock that comes before accounts.

`netflix/tests/test_races.py` lets every pair of writers compete.
"""

from collections.abc import Collection

from django.db import connection

_INDEXING = 0x494E4458  # "INDX"
_NAMING = 0x4E414D45  # "NAME"
_EDITING = 0x45444954  # "EDIT": the keys of the advisory locks are arbitrary, but must differ


def lock_editing_shared() -> None:
    """Take the editing lock shared until the transaction ends: for writers of one film, who also lock its row."""
    _lock("pg_advisory_xact_lock_shared(%s)", _EDITING)


def lock_editing() -> None:
    """Take the editing lock exclusively until the transaction ends: for writers of many films, such as imports."""
    _lock("pg_advisory_xact_lock(%s)", _EDITING)


def lock_name(title_key: str, year: int | None) -> None:
    """Lock a title and year, which a film is about to get, until the transaction ends.

    No constraint stops two transactions from adding the same film, once with and once without its director.
    """
    _lock("pg_advisory_xact_lock(%s, hashtext(%s))", _NAMING, f"{title_key} {year}")


def lock_indexing() -> None:
    """Take the indexing lock until the transaction ends: for writers that store search documents in several
    statements, each of which locks words, and for `search.index_new_movies`, which runs beside an import."""
    _lock("pg_advisory_xact_lock(%s)", _INDEXING)


def lock_likes(movie_ids: Collection[int]) -> None:
    """Lock the like counts of these films until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM movies_likecount WHERE movie_id = ANY(%s) ORDER BY movie_id FOR UPDATE", [[*movie_ids]]
        )


def _lock(call: str, *values: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {call}", values)
