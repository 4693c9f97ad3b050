"""Lines of a CSV file become records of cells, by pandas, without losing count of either."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from movies.importing.readers.rows import DatasetError

_CHUNK_RECORDS = 2000
_MOST_CHARACTERS_A_CHUNK = 64 * 1024 * 1024  # more than that is no chunk of films but a quote that was never closed
# Put at the end of every line as a cell of its own: pandas fills short records up and does not say how many lines or
# cells one had, but the marks in it do.
_MARK = "\x1e"
# What would confuse pandas' tokenizer or the marks; a control character all the same, for the reader to refuse.
_CONFUSING = {0: "\x01", ord(_MARK): "\x01"}
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Record:
    cells: list[str]
    lines: int  # how many lines of the file it takes; more than one when a quoted cell has line breaks


def records(lines: Iterable[str], separator: str, *, width: int, first_line: int) -> Iterator[Record]:
    """The records of these lines in bounded memory; one with more than `width` cells keeps only the first `width`.

    Raises DatasetError when a quote is opened and never closed.
    """
    import pandas as pd  # noqa: PLC0415  # takes over a second, which only an import of films should pay

    file = _MarkedLines(lines, separator, width)
    line = first_line
    try:
        chunks = pd.read_csv(
            file,  # type: ignore[call-overload]  # the stubs ask for more than pandas does
            sep=separator,
            header=None,
            names=range(width + 1),
            dtype=object,
            na_filter=False,  # a film may be called "None" or "NA"
            skip_blank_lines=False,
            chunksize=_CHUNK_RECORDS,
        )
        with chunks:
            for chunk in chunks:
                file.characters_of_chunk = 0
                for row in chunk.itertuples(index=False, name=None):
                    record = _record(row, separator)
                    line += record.lines
                    yield record
    except pd.errors.EmptyDataError:
        return
    except pd.errors.ParserError as error:
        raise DatasetError(f"A quote is opened in or after line {line} and never closed.") from error


def _record(row: tuple[str, ...], separator: str) -> Record:
    end = row.index(_MARK)
    breaks = 0
    cells = list(row[:end])
    for number, cell in enumerate(cells):
        if _MARK in cell:
            breaks += cell.count(_MARK)
            cells[number] = cell.replace(f"{separator}{_MARK}", "")
    return Record(cells, breaks + 1)


class _MarkedLines:
    """Lines with their marks, as the file that pandas wants."""

    def __init__(self, lines: Iterable[str], separator: str, width: int) -> None:
        self._lines = iter(lines)
        self._separator = separator
        self._width = width
        self.characters_of_chunk = 0

    def read(self, size: int) -> str:
        """About `size` characters; none when the lines end, or run on beyond any chunk of films."""
        taken: list[str] = []
        length = 0
        while length < size and self.characters_of_chunk < _MOST_CHARACTERS_A_CHUNK:
            line = next(self._lines, None)
            if line is None:
                break
            taken.append(self._marked(line))
            length += len(taken[-1])
            self.characters_of_chunk += len(taken[-1])
        return "".join(taken)

    def __iter__(self) -> Iterator[str]:
        """Only asked for: pandas takes what can be iterated for a file, and then calls `read`."""
        return iter(lambda: self.read(1), "")

    def _marked(self, line: str) -> str:
        text = line.rstrip("\r\n").translate(_CONFUSING)
        if text.count(self._separator) >= self._width:
            text = self._narrowed(text)
        return f"{text}{self._separator}{_MARK}\n"

    def _narrowed(self, text: str) -> str:
        """A line too wide for pandas, unless its separators stand in quotes, is cut to as many cells as it may have."""
        if _QUOTED.sub("", text).count(self._separator) < self._width:
            return text
        return self._separator.join(text.replace('"', "").split(self._separator)[: self._width])
