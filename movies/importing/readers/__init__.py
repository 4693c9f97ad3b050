"""Readers of film data sets, one module per format. A reader parses a file into rows and row errors.

Each reader is a subclass of `Reader` that declares its columns. A new format needs a new module, and a line here, in
`importing/precedence.py` and in docs/data-sets.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from movies.importing import cells
from movies.importing.readers.columns import missing
from movies.importing.readers.files import DataFile, files_of
from movies.importing.readers.imdb_top_1000 import ImdbTop1000
from movies.importing.readers.imdb_tsv import ImdbTsv
from movies.importing.readers.kaggle_imdb import KaggleImdb
from movies.importing.readers.movielens import MovieLens
from movies.importing.readers.netflix_titles import NetflixTitles
from movies.importing.readers.reader import Reader
from movies.importing.readers.rows import DamagedFile, DatasetError, Row, RowError
from movies.importing.readers.tables import Table
from movies.importing.readers.the_movies_dataset import TheMoviesDataset
from movies.importing.readers.tmdb_5000 import Tmdb5000

READERS: dict[str, type[Reader]] = {
    reader.source: reader
    # In order of preference: The Movies Dataset must precede TMDB 5000, because it has all of its columns and more.
    for reader in (KaggleImdb, ImdbTop1000, TheMoviesDataset, Tmdb5000, MovieLens, ImdbTsv, NetflixTitles)
}

# Stop after this many consecutive unusable rows: real data sets have only a handful in total. Reading this many takes a
# second, and reporting them takes half a megabyte.
MAX_UNUSABLE_ROWS = 10_000


@dataclass(slots=True)
class Dataset:
    """The files of one data set and their reader."""

    source: str  # the reader's `source`, a key of READERS
    label: str
    file: DataFile  # the main file: one row per film
    companions: Sequence[DataFile]  # optional files with more columns for the same films
    reader: Reader

    @property
    def size(self) -> int:
        """Size of the main file on disk, in bytes."""
        return self.file.size

    def rows(self) -> Iterator[Row]:
        """Stream the rows in file order.

        Raises DatasetError if the file is damaged or has too many consecutive unusable rows.
        """
        first, count = None, 0
        for row in self.reader.rows():
            yield row
            if not isinstance(row, RowError):
                first, count = None, 0
                continue
            first, count = first or row, count + 1
            if count == MAX_UNUSABLE_ROWS:
                raise DatasetError(_refusal(self.file.name, first, row))

    def position(self) -> int:
        """Return the number of bytes read from the main file on disk, for a progress bar."""
        return self.reader.table.position()


def open_dataset(*paths: Path, source: str = "", title_types: Sequence[str] = ()) -> Dataset:
    """Choose the reader for these files by their headers; with `source`, only that reader is tried.

    A path is a file, a folder or a zip archive. For a single file, companions are looked up by name in its folder.
    `title_types` applies to IMDb only. Raises DatasetError if a file is unreadable or not exactly one holds films.
    """
    candidates = [READERS[source]] if source else list(READERS.values())
    tables = [table for path in paths for table in _tables(path)]
    table, reader = _main(tables, candidates)
    beside = _siblings(reader, table.file) if len(tables) == 1 else [other for other in tables if other is not table]
    companions = _companions(reader, beside)
    opened = reader(table, companions)
    if isinstance(opened, ImdbTsv) and title_types:
        opened.kinds = frozenset(title_types)
    return Dataset(reader.source, reader.label, table.file, [other.file for other in companions.values()], opened)


def _main(tables: Sequence[Table], candidates: Sequence[type[Reader]]) -> tuple[Table, type[Reader]]:
    """The only table that holds films, and its reader. Raises DatasetError."""
    matches = [(table, reader) for table in tables for reader in candidates if reader.recognises(table)]
    if not matches:
        raise DatasetError(_unknown(tables, candidates))
    table, reader = matches[0]
    others = [other.name for other, _ in matches if other is not table]
    if table.name in others:
        raise DatasetError(f"{table.name} appears twice, perhaps once compressed. Leave one of them.")
    if others:
        raise DatasetError(f"{table.name} and {others[0]} both hold films. Import one after the other.")
    return table, reader


def _refusal(name: str, first: RowError, last: RowError) -> str:
    cell = f"{cells.shortened(first.field, 40)} {first.value!r}: " if first.field else ""
    return (
        f"{name} is not read beyond line {last.line}: {MAX_UNUSABLE_ROWS:,} consecutive rows cannot be used. "
        f"The first of them is in line {first.line} ({cell}{first.reason}). Look there for a quote that is never "
        "closed, another separator, or other columns than in the header; then import the file again."
    )


def _tables(path: Path) -> Iterator[Table]:
    """Open the files under `path`. Unrelated files in a folder are skipped; a damaged file raises DamagedFile."""
    files = files_of(path)
    for file in files:
        try:
            yield Table(file)
        except DamagedFile:
            raise
        except DatasetError:
            if len(files) == 1:
                raise


def _companions(reader: type[Reader], tables: Sequence[Table]) -> dict[str, Table]:
    return {
        name: table
        for name, columns in reader.companions.items()
        for table in reversed(tables)
        if not missing(columns, table.header)
    }


def _siblings(reader: type[Reader], file: DataFile) -> list[Table]:
    if file.member:
        return []
    paths = (
        file.path.with_name(f"{name}{suffix}")
        for name in reader.companions
        for suffix in (".csv", ".tsv", ".tsv.gz", ".csv.gz")
    )
    return [Table(DataFile(path)) for path in paths if path.exists() and not path.is_dir() and path != file.path]


def _unknown(tables: Sequence[Table], candidates: Sequence[type[Reader]]) -> str:
    """Return the error text: the closest match between a file and a format, and the columns that it lacks."""
    if not tables:
        return "None of these files is a text file of films."
    table, reader = min(
        ((table, reader) for table in tables for reader in candidates),
        key=lambda pair: len(missing(pair[1].required_columns(), pair[0].header)) / len(pair[1].required_columns()),
    )
    named = ", ".join(repr(cells.shortened(label.strip(), 30)) for label in table.header[:20] if label.strip())
    lacking = ", ".join(column.names[0].capitalize() for column in missing(reader.required_columns(), table.header))
    return (
        f"{table.name} does not have the columns of a known data set. It lacks {lacking} to be {reader.label}; its "
        f"first line names {named or 'nothing'}."
    )
