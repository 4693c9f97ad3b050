"""Posters that staff have uploaded: where their files are kept, under which addresses, and when they go.

`Movie.poster` is the address of a picture elsewhere, or the name of a poster here: a hash of its content, digits at
random and its dominant colour. So the row says all that an answer needs, imports and merges treat both alike, and no
two uploads share a file. Files are in the storage before their row is committed, and leave it after the last row that
names them. If a process dies in between, `sweep` removes the files that no row names.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
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

FOLDER = "posters"  # in addresses of our own
_FILE = re.compile(r"([0-9a-f]{32}-[0-9a-f]{6})-\d+\.webp")
_UNCLAIMED_FOR = timedelta(hours=1)  # far longer than any request takes

# Which posters are named at all: by films, source rows, what imports have changed, and merged films. With a film's id
# only those of its own rows, and by films those among `names`.
_NAMED = """
    SELECT poster FROM movies_movie WHERE poster ~ '^[0-9a-f]' AND poster = ANY(%(names)s)
    UNION SELECT poster FROM movies_movie WHERE id = %(movie_id)s
    UNION SELECT unused ->> 'poster' FROM movies_sourcerow WHERE {its}movie_id = %(movie_id)s
    UNION SELECT poster FROM movies_importchange, unnest(ARRAY[before ->> 'poster', after ->> 'poster']) AS poster
           WHERE {its}movie_id = %(movie_id)s
    UNION SELECT jsonb_path_query(record, '$.**.poster') #>> '{{}}'
            FROM movies_mergedmovie WHERE {its}kept_id = %(movie_id)s
"""


class NotStored(Exception):
    """The storage is full, or does not answer."""


def is_uploaded(poster: str) -> bool:
    """Whether `Movie.poster` names a file of ours."""
    return poster != "" and not poster.startswith("https://")


def folder_url(origin: str = "") -> str:
    """What the addresses of files begin with. `origin`: the scheme and host of our own addresses, if they need one."""
    return f"{settings.POSTERS_URL or f'{origin}{get_script_prefix()}{FOLDER}'}/"


def file_name(poster: str, width: int) -> str:
    return f"{poster}-{width}.webp"


def address(poster: str, width: int = LARGE) -> str:
    """Where our own pages find the picture that `Movie.poster` names; "" without one."""
    return f"{folder_url()}{file_name(poster, width)}" if is_uploaded(poster) else poster


def color(poster: str) -> str:
    """The dominant colour of an uploaded poster, such as #7a4b22."""
    return f"#{poster[-6:]}"


@contextmanager
def stored(picture: Picture) -> Iterator[str]:
    """Put a poster into the storage; gives its name, for `Movie.poster`. Raises NotStored.

    If the block raises, as a failed transaction does, the files are removed again, or `sweep` does it.
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


def is_address_of(poster: str, given: str) -> bool:
    """Whether a client gives back the address that it has read for this uploaded poster."""
    return is_uploaded(poster) and given.endswith(f"/{file_name(poster, LARGE)}")


def read(file: str) -> bytes:
    """Raises FileNotFoundError."""
    if not _FILE.fullmatch(file):
        raise FileNotFoundError(file)
    with storage().open(file) as opened:
        content: bytes = opened.read()
    return content


def named_by(movie_id: int) -> set[str]:
    """All uploaded posters that rows of a film name, those of its merged films included."""
    return {poster for poster in _named([], movie_id) if is_uploaded(poster)}


def release(movie_id: int, posters: Collection[str]) -> None:
    """After the commit remove the files of those that no row of the film, and no other film, names any more."""
    names = [poster for poster in posters if is_uploaded(poster)]
    if names:
        transaction.on_commit(lambda: _remove({*names} - _named(names, movie_id)), robust=True)


def sweep() -> int:
    """Remove files that have been in the storage for an hour and that nothing names; returns the number of posters."""
    files: dict[str, list[str]] = {}
    for file in stored_files():
        files.setdefault(file.rpartition("-")[0], []).append(file)
    before = timezone.now() - _UNCLAIMED_FOR
    unclaimed = [
        poster for poster in {*files} - _named([*files]) if all(_is_older(each, before) for each in files[poster])
    ]
    _remove(unclaimed)
    if unclaimed:
        logger.info("posters_swept", count=len(unclaimed))
    return len(unclaimed)


def stored_files() -> list[str]:
    try:
        _, names = storage().listdir("")
    except FileNotFoundError:  # nothing was ever stored
        return []
    return [name for name in names if _FILE.fullmatch(name)]


def storage() -> Storage:
    return storages["posters"]


def _is_older(file: str, than: datetime) -> bool:
    return storage().get_modified_time(file) < than


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


def _named(names: Collection[str], movie_id: int | None = None) -> set[str]:
    with connection.cursor() as cursor:
        sql = _NAMED.format(its="" if movie_id else "%(movie_id)s::bigint IS NULL OR ")
        cursor.execute(sql, {"names": list(names), "movie_id": movie_id})
        return {poster for (poster,) in cursor.fetchall() if poster}
