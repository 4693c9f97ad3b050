"""Readers of film data sets, one module a file format: a file becomes rows, and says where it cannot.

A reader is a class with `source`, `recognises(header)` and `rows(...)`; a new format is a new module and a line here.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from movies.importing.readers import text
from movies.importing.readers.kaggle_imdb import KaggleImdb
from movies.importing.readers.rows import DatasetError, MovieRow, RowError

_READERS = (KaggleImdb,)
_LONGEST_HEADER = 64 * 1024  # characters


@dataclass(slots=True)
class Dataset:
    """A file that a reader recognised."""

    path: Path
    source: str  # which data set it is
    size: int  # bytes
    _reader: KaggleImdb
    _layout: text.Layout
    _file: TextIO | None = field(default=None, init=False)

    def rows(self) -> Iterator[MovieRow | RowError]:
        """Its rows in the order of the file, read bit by bit.

        Raises DatasetError when the file breaks off in a way that leaves no rows to tell apart.
        """
        with self.path.open(encoding=self._layout.encoding, newline="") as file:
            self._file = file
            lines = text.lines_of(file)
            for _ in range(self._layout.header_line):
                next(lines)
            yield from self._reader.rows(lines, self._layout.separator, first_line=self._layout.header_line + 1)

    def position(self) -> int:
        """How many bytes have been read, for a progress bar."""
        return self._file.buffer.tell() if self._file and not self._file.closed else 0


def open_dataset(path: Path) -> Dataset:
    """Look at a file and choose its reader. Raises DatasetError with a sentence on what is there and what should be."""
    layout = text.layout_of(path)
    with path.open(encoding=layout.encoding, newline="") as file:
        lines = text.lines_of(file)
        header_line = [next(lines) for _ in range(layout.header_line)][-1]
    header = next(csv.reader([header_line[:_LONGEST_HEADER]], delimiter=layout.separator))
    for reader in _READERS:
        if reader.recognises(header):
            return Dataset(path, reader.source, path.stat().st_size, reader(header), layout)
    raise DatasetError(f"{path.name} does not have the columns of a known data set. {KaggleImdb.missing_from(header)}")
