"""The first of all locks: who changes what the catalogue says, and who does so alone.

Every writer takes its locks in one order, so that nobody waits in a circle: this one, then films, then the name that
one gets, then the search documents, then the words that search knows, then people with a login, then counts of likes,
then what belongs to one person; of each kind by ascending id, words in their order (the statement that stores or
removes a search document locks its words). Whoever adds, renames, merges or removes a genre or a person edits alone,
and so does whoever merges films.
"""

from collections.abc import Collection

from django.db import connection

_INDEXING = 0x494E4458  # "INDX"
_NAMING = 0x4E414D45  # "NAME"
_EDITING = 0x45444954  # "EDIT": any number will do that nobody else in this database locks


def edit_alongside() -> None:
    """Until the transaction ends, nobody edits alone: for who changes one film, whose row keeps the others out."""
    _lock("pg_advisory_xact_lock_shared")


def edit_alone() -> None:
    """Until the transaction ends, nobody else edits: for who changes many films, such as an import's batch."""
    _lock("pg_advisory_xact_lock")


def lock_name(title_key: str, year: int | None) -> None:
    """Until the transaction ends, nobody else gives a film this title and year: of two who do, one without directors,
    the second must find the first, and no constraint says that they are one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_NAMING, f"{title_key} {year}"])


def index_alone() -> None:
    """Until the transaction ends, nobody indexes films beside an import: for who changes search documents by several
    statements, each of which locks words, and for those who index beside one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_INDEXING])


def lock_likes(movie_ids: Collection[int]) -> None:
    """Keep everybody else from counting likes of these films until the transaction ends."""
    ids = sorted(movie_ids)  # everybody in the same order, so that nobody waits in a circle
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO movies_likecount (movie_id, likes)
            SELECT id, 0 FROM movies_movie WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE
            ON CONFLICT (movie_id) DO NOTHING
            """,
            [ids],
        )
        cursor.execute("SELECT FROM movies_likecount WHERE movie_id = ANY(%s) ORDER BY movie_id FOR UPDATE", [ids])


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_EDITING])
