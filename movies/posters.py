"""Posters that staff have uploaded: how their files are stored, addressed and removed.

`Movie.poster` is the URL of a picture elsewhere, or the name of an uploaded poster: a hash of its content, random
digits and its dominant colour. So the row has all that an answer needs, imports and merges treat both alike, and no
two uploads share a file. Files are stored before their row is committed, and removed after the last row that refers to
them. If a process dies in between, `sweep` removes the files that no row refers to.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import connection, transaction
from django.urls import get_script_prefix
from django.utils import timezone

from movies.pictures import LARGE, WIDTHS, Picture

logger = structlog.get_logger(__name__)

FOLDER = "posters"  # in URLs of our own
_FILE = re.compile(r"[0-9a-f]{32}-[0-9a-f]{6}-[0-9]{1,5}\.webp")
_SWEPT_AFTER = timedelta(hours=1)  # far longer than any request takes

# The posters that rows refer to: movies, if the poster is among `names`; source rows, changes by imports and merged
# movies, all of them or, with a movie's id, only those of this movie; and this movie itself.
_REFERRED_TO = """
    SELECT poster FROM movies_movie WHERE poster ~ '^[0-9a-f]' AND poster = ANY(%(names)s)
    UNION SELECT poster FROM movies_movie WHERE id = %(movie_id)s
    UNION SELECT unused ->> 'poster' FROM movies_sourcerow WHERE {all_or}movie_id = %(movie_id)s
    UNION SELECT poster FROM movies_importchange, unnest(ARRAY[before ->> 'poster', after ->> 'poster']) AS poster
           WHERE {all_or}movie_id = %(movie_id)s
    UNION SELECT jsonb_path_query(record, '$.**.poster') #>> '{{}}'
            FROM movies_mergedmovie WHERE {all_or}kept_id = %(movie_id)s
"""


class NotStored(Exception):
    """The storage is full, or does not answer."""


def is_uploaded(poster: str) -> bool:
    """Whether `Movie.poster` names a file of ours."""
    return poster != "" and not poster.startswith("https://")


def folder_url(origin: str = "") -> str:
    """The URL of the folder. `origin`: scheme and host, for absolute URLs of our own."""
    return f"{settings.POSTERS_URL or f'{origin}{get_script_prefix()}{FOLDER}'}/"


def file_name(poster: str, width: int) -> str:
    return f"{poster}-{width}.webp"


def url_of(poster: str, width: int = LARGE) -> str:
    """The URL of a film's poster for our own pages; "" without one."""
    return f"{folder_url()}{file_name(poster, width)}" if is_uploaded(poster) else poster


def color(poster: str) -> str:
    """The dominant colour of an uploaded poster, such as #7a4b22."""
    return f"#{poster[-6:]}"


@contextmanager
def stored(picture: Picture) -> Iterator[str]:
    """Store a poster; yields its name, for `Movie.poster`. Raises NotStored.

    If the block raises, for example because its transaction fails, the files are removed, here or by `sweep`.
    """
    digest = sha256(picture.files[LARGE]).hexdigest()[:24]
    poster = f"{digest}{token_hex(4)}-{picture.color}"
    _store(poster, picture)
    try:
        yield poster
    except BaseException:
        with suppress(OSError):
            _remove([poster])
        raise


def is_url_of(poster: str, given: str) -> bool:
    """Whether a client sends back the URL under which it has read this uploaded poster."""
    return is_uploaded(poster) and given.endswith(f"/{file_name(poster, LARGE)}")


def read(file: str) -> bytes:
    """Raises FileNotFoundError."""
    if not _FILE.fullmatch(file):
        raise FileNotFoundError(file)
    with storage().open(file) as opened:
        content: bytes = opened.read()
    return content


def posters_of(movie_id: int) -> set[str]:
    """The uploaded posters that rows of a film refer to, those of its merged films included."""
    return {poster for poster in _referred_to([], movie_id) if is_uploaded(poster)}


def release(movie_id: int, posters: Collection[str]) -> None:
    """After the commit, remove the files of those posters that neither rows of this film nor other films refer to."""
    names = [poster for poster in posters if is_uploaded(poster)]
    if names:
        transaction.on_commit(lambda: _remove({*names} - _referred_to(names, movie_id)), robust=True)


def sweep() -> int:
    """Remove files that are an hour old and that no row refers to; returns the number of posters."""
    files: dict[str, list[str]] = {}
    for file in stored_files():
        files.setdefault(file.rpartition("-")[0], []).append(file)
    before = timezone.now() - _SWEPT_AFTER
    orphaned = [
        poster
        for poster in {*files} - _referred_to([*files])
        if all(storage().get_modified_time(file) < before for file in files[poster])
    ]
    _remove(orphaned)
    if orphaned:
        logger.info("posters_swept", count=len(orphaned))
    return len(orphaned)


def stored_files() -> list[str]:
    try:
        _, names = storage().listdir("")
    except FileNotFoundError:  # nothing was ever stored
        return []
    return [name for name in names if _FILE.fullmatch(name)]


def storage() -> Storage:
    return storages["posters"]


def _store(poster: str, picture: Picture) -> None:
    try:
        for width, content in picture.files.items():
            storage().save(file_name(poster, width), ContentFile(content))
    except OSError as error:
        logger.exception("poster_not_stored")
        raise NotStored from error


def _remove(posters: Collection[str]) -> None:
    for poster in posters:
        for width in WIDTHS:
            storage().delete(file_name(poster, width))


def _referred_to(names: Collection[str], movie_id: int | None = None) -> set[str]:
    with connection.cursor() as cursor:
        sql = _REFERRED_TO.format(all_or="" if movie_id else "%(movie_id)s::bigint IS NULL OR ")
        cursor.execute(sql, {"names": list(names), "movie_id": movie_id})
        return {poster for (poster,) in cursor.fetchall() if poster}
