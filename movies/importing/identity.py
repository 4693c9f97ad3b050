"""Match rows to films: each row is a film of the catalogue, a film that staff removed, or a new one.

All work happens in the temporary table `incoming`, which holds one batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from django.db.backends.utils import CursorWrapper

from movies.folding import fold
from movies.importing.facts import FACTS
from movies.importing.readers.rows import MovieRow
from movies.importing.rehearsal import fill
from movies.importing.sql_files import sql

Identity = tuple[str, int | None, str]
Batch = dict[str, MovieRow]  # by `key_of`, in the order of the file; no two rows are the same film


def identity(row: MovieRow) -> Identity:
    """Folded title, year and folded first director. Rows without ids that share these are the same film."""
    return fold(row.title), row.year, fold(row.directors[0]) if row.directors else ""


def key_of(row: MovieRow) -> str:
    """The key that identifies a row across imports: its first id, else its identity."""
    return row.ids[0] if row.ids else _natural(*identity(row))


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch in PostgreSQL's COPY text format, for `incoming`."""

    rows: int
    text: bytes


def staged(batch: Batch) -> Staged:
    return Staged(len(batch), "\n".join("\t".join(map(_cell, cells)) for cells in _lines(batch)).encode())


def resolve(cursor: CursorWrapper, batch: Staged, *, source: str, rehearse: bool) -> tuple[set[int], int]:
    """Copy a batch into `incoming` and match its rows to films.

    Returns the ids of the new films and the number of skipped rows, which are deleted from the table.
    """
    cursor.execute(_STAGE)
    with cursor.copy(f"COPY incoming ({_COPIED}) FROM STDIN") as copy:
        copy.write(batch.text)
    cursor.execute(_ANALYZE)
    if rehearse:
        fill(cursor, source)
    cursor.execute(_MATCH, {"source": source})
    cursor.execute(_NUMBER)
    created = {movie_id for (movie_id,) in cursor.fetchall()}
    cursor.execute(_SKIP)
    return created, cursor.rowcount


def _natural(title_key: str, year: int | None, director_key: str) -> str:
    return f"{title_key}|{year or ''}|{director_key}"


_facts = attrgetter(*FACTS)


def _lines(batch: Batch) -> Iterable[tuple[object, ...]]:
    """The columns of `_COPIED` for each row."""
    for position, (key, row) in enumerate(batch.items()):
        title_key, year, director_key = identity(row)
        keys = (tuple(map(_folded_name, names)) for names in (row.directors, row.actors))
        natural_key = _natural(title_key, year, director_key)
        yield position, key, natural_key, row.ids, title_key, director_key, *keys, row.doubtful, *_facts(row)


_folded_name = lru_cache(20_000)(fold)  # names repeat across films
_ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


def _cell(value: object) -> str:
    """A value in COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(value, tuple):
        return _escaped(f"{{{','.join(map(_quoted, value))}}}")
    return _escaped(value) if isinstance(value, str) else str(value)


def _escaped(text: str) -> str:
    for character, escaped in _ESCAPED.items():
        if character in text:
            text = text.replace(character, escaped)
    return text


def _quoted(element: str) -> str:
    escaped = element.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


_COPIED = ", ".join((
    "position", "key", "natural_key", "ids", "title_key", "director_key", "director_keys", "actor_keys", "doubtful",
    *FACTS,
))  # fmt: skip
# The join columns. Without statistics PostgreSQL chooses nested loops for self-joins.
_ANALYZE = "ANALYZE incoming (position, key, natural_key, title_key, year, director_key)"
_STAGE, _MATCH, _NUMBER, _SKIP = map(sql, ("01_stage", "02_match", "03_number", "04_skip"))
