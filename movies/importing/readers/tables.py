"""A text file as a table: a header and records."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain

from movies.importing.readers import text
from movies.importing.readers.files import DataFile, Stream
from movies.importing.readers.records import Record, plain_records, records
from movies.importing.readers.rows import DatasetError

_MAX_HEADER_LENGTH = 64 * 1024  # characters
_MAX_COLUMNS = 1000  # twenty times what real data sets have; each column costs memory


class Table:
    """A text file with a header. Raises DatasetError if the file is not one."""

    def __init__(self, file: DataFile) -> None:
        self.file, self.name = file, file.name
        self._layout = layout = text.layout_of(file)
        self.separator, self.decimal_comma = layout.separator, layout.decimal_comma
        self.header: Sequence[str] = _cells(layout.header[:_MAX_HEADER_LENGTH], layout.separator)
        if len(self.header) > _MAX_COLUMNS:
            raise DatasetError(f"{self.name} has more than {_MAX_COLUMNS:,} columns: not a list of films.")
        self._stream: Stream | None = None

    def chunks(self, *, width: int, lacks_header: bool = False, quotes: bool = True) -> Iterator[list[Record]]:
        """Yield the records below the header or, if it `lacks_header`, from the first line on.

        Each call reads the file from the start. Raises DatasetError if it is damaged.
        """
        quotes = quotes and len(self.separator) == 1  # files with :: as separator have no quoting
        with self.file.open() as stream:
            self._stream = stream
            # Without quoting, a lone carriage return is part of a cell, unless carriage returns end the lines.
            newline = "\n" if not quotes and self._layout.header.endswith("\n") else ""
            lines = text.lines_of(stream.text(self._layout.encoding, newline))
            first_line = self._layout.header_line + (0 if lacks_header else self._layout.header_lines)
            for _ in range(first_line - 1):
                next(lines)
            if quotes:
                yield from records(lines, self.separator, width=width, first_line=first_line)
            else:
                yield from plain_records(lines, self.separator, first_line=first_line)

    def records(self, *, width: int, quotes: bool = True) -> Iterator[Record]:
        """Yield the records below the header one by one. Raises DatasetError if the file is damaged."""
        return chain.from_iterable(self.chunks(width=width, quotes=quotes))

    def position(self) -> int:
        """Return the number of bytes read from the file on disk."""
        return self._stream.position() if self._stream else 0


def _cells(line: str, separator: str) -> list[str]:
    if len(separator) > 1:
        return line.rstrip("\r\n").split(separator)
    cells = next(csv.reader([line], delimiter=separator))
    return next(csv.reader(cells, delimiter=separator)) if len(cells) == 1 and separator in cells[0] else cells
