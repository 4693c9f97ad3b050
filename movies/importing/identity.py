"""Match rows to films: each row is a film of the catalogue, a film that staff removed, or a new one.

All work happens in the temporary table `incoming`, which holds one batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from django.db.backends.utils import CursorWrapper

from movies.folding import fold
from movies.importing.dry_run import fill
from movies.importing.facts import FACTS
from movies.importing.readers.rows import MovieRow
from movies.importing.sql_files import sql

_folded = lru_cache(20_000)(fold)  # names repeat across films, and each title is folded twice
Identity = tuple[str, int | None, str]
Batch = dict[str, MovieRow]  # by `key_of`, in the order of the file; no two rows are the same film


def identity(row: MovieRow) -> Identity:
    """Folded title, year and folded first director. Rows without ids that share these are the same film."""
    return _folded(row.title), row.year, _folded(row.directors[0]) if row.directors else ""


def key_of(row: MovieRow) -> str:
    """The key that identifies a row across imports: its first id, else its identity."""
    return row.ids[0] if row.ids else _natural(*identity(row))


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch in PostgreSQL's COPY text format, for `incoming`."""

    rows: int
    text: bytes


def staged(batch: Batch) -> Staged:
    return Staged(len(batch), "\n".join(map(_line, _rows(batch))).encode())


def resolve(cursor: CursorWrapper, batch: Staged, *, source: str, dry_run: bool) -> tuple[set[int], int]:
    """Copy a batch into `incoming` and match its rows to films.

    Returns the ids of the new films and the number of ignored rows, which are deleted from the table.
    """
    cursor.execute(_STAGE)
    with cursor.copy(f"COPY incoming ({_COPIED}) FROM STDIN") as copy:
        copy.write(batch.text)
    cursor.execute(_ANALYZE)
    if dry_run:
        fill(cursor, source)
    cursor.execute(_MATCH, {"source": source})
    cursor.execute(_NUMBER)
    created = {movie_id for (movie_id,) in cursor.fetchall()}
    cursor.execute(_DELETE_IGNORED)
    return created, cursor.rowcount


def _natural(title_key: str, year: int | None, director_key: str) -> str:
    return f"{title_key}|{year or ''}|{director_key}"


_facts = attrgetter(*FACTS)


def _rows(batch: Batch) -> Iterable[tuple[object, ...]]:
    """The columns of `_COPIED` for each row."""
    for position, (key, row) in enumerate(batch.items()):
        title_key, year, director_key = identity(row)
        keys = (tuple(map(_folded, names)) for names in (row.directors, row.actors))
        natural_key = _natural(title_key, year, director_key)
        yield position, key, natural_key, row.ids, title_key, director_key, *keys, row.doubtful, *_facts(row)


_NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def _line(values: tuple[object, ...]) -> str:
    """A row in COPY's text format. Escapes values only if the line as a whole shows that one needs it."""
    line = "\t".join([value if isinstance(value, str) else _text(value) for value in values])
    escapes, tabs = line.count("\\"), line.count("\t")
    if escapes == values.count(None) and tabs == len(values) - 1 and "\n" not in line and "\r" not in line:
        return line
    return "\t".join([_NULL if value is None else _text(value).translate(_ESCAPES) for value in values])


def _text(value: object) -> str:
    if value is None:
        return _NULL
    return _array(value) if isinstance(value, tuple) else str(value)


def _array(elements: tuple[str, ...]) -> str:
    if not elements:
        return "{}"
    joined = '","'.join(elements)
    if "\\" in joined or joined.count('"') > 2 * (len(elements) - 1):
        joined = '","'.join(element.replace("\\", r"\\").replace('"', r"\"") for element in elements)
    return f'{{"{joined}"}}'


_COPIED = ", ".join((
    "position", "key", "natural_key", "ids", "title_key", "director_key", "director_keys", "actor_keys", "doubtful",
    *FACTS,
))  # fmt: skip
# The join columns. Without statistics PostgreSQL chooses nested loops for self-joins.
_ANALYZE = "ANALYZE incoming (position, key, natural_key, title_key, year, director_key)"
_STAGE, _MATCH, _NUMBER, _DELETE_IGNORED = map(sql, ("01_stage", "02_match", "03_number", "04_delete_ignored"))
