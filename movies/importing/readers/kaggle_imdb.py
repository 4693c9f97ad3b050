"""Kaggle's "IMDB data from 2006 to 2016" (IMDB-Movie-Data.csv).

Some copies have a stray comma at the end of most lines, and rows whose description holds an unquoted comma. Such a row
has its later cells shifted; it is mended only where one way of joining cells makes a sound film of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from movies.importing.readers import cells
from movies.importing.readers.records import records
from movies.importing.readers.rows import MovieRow, RowError

_SPARE_CELLS = 20  # how many more cells than columns a row may have and still be looked at

_COLUMNS: dict[str, tuple[str, Callable[[str], Any]]] = {
    # In the file: the field of MovieRow and how a cell becomes its value.
    "title": ("title", cells.title),
    "genre": ("genres", cells.names),
    "description": ("description", cells.description),
    "director": ("directors", cells.names),
    "actors": ("actors", cells.names),
    "year": ("year", cells.year),
    "runtime": ("runtime_minutes", cells.runtime_minutes),
    "rating": ("imdb_rating", cells.rating),
    "votes": ("imdb_votes", cells.votes),
    "revenue": ("revenue_usd", cells.revenue_in_millions),
    "metascore": ("metascore", cells.metascore),
}
_MAY_HOLD_COMMAS = ("description", "title", "director", "actors", "genre")


class KaggleImdb:
    """Reads rows under one header; columns are found by name, units in brackets and capitals do not matter."""

    source: ClassVar = "imdb-2006-2016"

    def __init__(self, header: Sequence[str]) -> None:
        self._labels = [label.strip() for label in header]
        self._keys = [_key(label) for label in header]
        while self._keys and not self._keys[-1]:  # a comma at the end of the header makes a column without a name
            self._keys.pop()

    @classmethod
    def recognises(cls, header: Sequence[str]) -> bool:
        return _COLUMNS.keys() <= set(map(_key, header))

    @classmethod
    def missing_from(cls, header: Sequence[str]) -> str:
        """What a header lacks, for people."""
        found = ", ".join(repr(cells.shortened(label.strip(), 30)) for label in header[:20] if label.strip())
        lacking = ", ".join(key.capitalize() for key in _COLUMNS if key not in map(_key, header))
        return f"It lacks {lacking}; its first line names {found or 'nothing'}."

    def rows(self, lines: Iterable[str], separator: str, *, first_line: int) -> Iterator[MovieRow | RowError]:
        """The films of the lines below the header; `first_line` is the number of the first of them.

        Raises DatasetError when a quote is opened and never closed.
        """
        line = first_line
        for record in records(lines, separator, width=len(self._keys) + _SPARE_CELLS, first_line=first_line):
            if any(cell.strip() for cell in record.cells):
                yield self._movie(record.cells, line)
            line += record.lines

    def _movie(self, row: list[str], line: int) -> MovieRow | RowError:
        width = len(self._keys)
        cells_found = "too many" if len(row) == width + _SPARE_CELLS else len(row)
        error = RowError(
            line=line, field="", value=cells.shortened(row[0]), reason=f"it has {cells_found} cells for {width} columns"
        )
        if len(row) < width:
            return error
        if not any(cell.strip() for cell in row[width:]):
            try:
                return self._parsed(row[:width], line)
            except cells.CellError as wrong:
                error = RowError(line=line, field=wrong.field, value=cells.shortened(wrong.value), reason=wrong.reason)
        mended = list(self._mended(row, line))
        return mended[0] if len(mended) == 1 else error

    def _parsed(self, row: Sequence[str], line: int, repair: str = "") -> MovieRow:
        """Raises CellError at the first cell that its column cannot hold."""
        values = {}
        for key, label, cell in zip(self._keys, self._labels, row, strict=False):
            if key in _COLUMNS and _COLUMNS[key][0] not in values:
                name, convert = _COLUMNS[key]
                values[name] = cells.converted(convert, cell, label)
        return MovieRow(line=line, repair=repair, **values)

    def _mended(self, row: list[str], line: int) -> Iterator[MovieRow]:
        """Every sound film that comes of joining neighbouring cells again that an unquoted comma took apart."""
        width = len(self._keys)
        filled = max(number for number, cell in enumerate(row, start=1) if cell.strip())
        for total in range(max(filled, width + 1), min(len(row), width + _SPARE_CELLS) + 1):
            surplus = total - width
            for key in _MAY_HOLD_COMMAS:
                at = self._keys.index(key)
                joined = [*row[:at], ",".join(row[at : at + surplus + 1]), *row[at + surplus + 1 : total]]
                try:
                    movie = self._parsed(joined, line, f"an unquoted comma had split the {key} in {surplus + 1}")
                except cells.CellError:
                    continue
                if cells.look_like_genres(movie.genres) and cells.look_like_people((*movie.directors, *movie.actors)):
                    yield movie


def _key(label: str) -> str:
    """`Revenue (Millions)` is `revenue`."""
    return re.sub(r"\(.*?\)", "", label).strip().casefold()
