"""Lines of a file become records of cells, without losing count of either."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from movies.importing.readers.rows import DatasetError

_CHUNK_RECORDS = 2000
_MOST_CHARACTERS_A_CHUNK = 64 * 1024 * 1024  # more than that is no chunk of films but a quote that was never closed
_MOST_UNCLOSED = 100  # in one file, looked for one after the other
# Put at the end of every line as a cell of its own: pandas fills short records up and does not say how many lines or
# cells one had, but the marks in it do.
_MARK = "\x1e"
# What would confuse pandas' tokenizer or the marks; a control character all the same, for the reader to refuse.
_CONFUSING = {0: "\x01", ord(_MARK): "\x01"}
_CLOSING = re.compile(r'(?:[^"]|"")*"(?!")')
_NEVER_CLOSED = "A quote is opened in or after line {} and never closed."


@dataclass(frozen=True, slots=True)
class Record:
    line: int  # where it starts in the file
    cells: list[str]
    unclosed: bool = False  # a quote in it is never closed; what follows is told as records of its own


def records(lines: Iterable[str], separator: str, *, width: int, first_line: int) -> Iterator[Record]:
    """The records of these lines in bounded memory, by pandas; one with more than `width` cells keeps the first
    `width`. Where all cells of a line stand in one pair of quotes, they are its cells.

    Raises DatasetError when a quote is opened and never closed, and far too much follows.
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
                started = line
                for row in chunk.itertuples(index=False, name=None):
                    cells, breaks = _cells(row, separator)
                    yield Record(line, _unwrapped(cells, separator))
                    line += breaks + 1
                file.forget(line - started)
    except pd.errors.EmptyDataError:
        return
    except pd.errors.ParserError as error:
        if not file.ended:
            raise DatasetError(_NEVER_CLOSED.format(line)) from error
        yield from _around_unclosed_quotes(list(file.recent), separator, line)


def plain_records(lines: Iterable[str], separator: str, *, first_line: int) -> Iterator[Record]:
    """The records of a file in which quotes mean nothing and every line is one record."""
    for number, line in enumerate(lines, start=first_line):
        yield Record(number, line.rstrip("\r\n").split(separator))


def _cells(row: tuple[str, ...], separator: str) -> tuple[list[str], int]:
    """The cells before the mark, and how many line breaks they hold."""
    cells = list(row[: row.index(_MARK)])
    breaks = 0
    if _MARK in "".join(cells):
        for number, cell in enumerate(cells):
            breaks += cell.count(_MARK)
            cells[number] = cell.replace(f"{separator}{_MARK}", "")
    return cells, breaks


def _unwrapped(cells: list[str], separator: str) -> list[str]:
    if len(cells) == 1 and separator in cells[0]:
        return next(csv.reader([cells[0].replace("\n", " ")], delimiter=separator))
    return cells


def _around_unclosed_quotes(marked: list[str], separator: str, line: int) -> Iterator[Record]:
    """The records of these lines; the line with the quote that is never closed is one, the next line begins anew."""
    for _ in range(_MOST_UNCLOSED):
        if not marked:
            return
        table = csv.reader(marked, delimiter=separator)
        done = 0  # lines
        with suppress(csv.Error):  # a cell longer than any film's
            for row in table:
                if row[-1] != _MARK:
                    break
                yield Record(line + done, _unwrapped(_cells(tuple(row), separator)[0], separator))
                done = table.line_num
            else:
                return
        yield Record(line + done, next(csv.reader([marked[done].replace('"', "")], delimiter=separator)), unclosed=True)
        marked, line = marked[done + 1 :], line + done + 1
    raise DatasetError(_NEVER_CLOSED.format(line))


class _MarkedLines:
    """Lines with their marks, as the file that pandas wants."""

    def __init__(self, lines: Iterable[str], separator: str, width: int) -> None:
        self._lines = iter(lines)
        self._separator = separator
        self._width = width
        self.characters_of_chunk = 0
        self.recent: deque[str] = deque()  # those whose records pandas has not told yet
        self.ended = False
        self._in_quotes = False  # of a cell that began on a line before
        edge = re.escape(separator)
        self._quoted = re.compile(rf'(?:^|(?<={edge}))"(?:[^"]|"")*"(?={edge}|$)')  # whole cells

    def read(self, size: int) -> str:
        """About `size` characters; none when the lines end, or run on beyond any chunk of films."""
        taken: list[str] = []
        length = 0
        while length < size and self.characters_of_chunk < _MOST_CHARACTERS_A_CHUNK:
            line = next(self._lines, None)
            if line is None:
                self.ended = True
                break
            taken.append(self._marked(line))
            length += len(taken[-1])
            self.characters_of_chunk += len(taken[-1])
        self.recent.extend(taken)
        return "".join(taken)

    def forget(self, lines: int) -> None:
        """So many more lines have been told as records."""
        for _ in range(min(lines, len(self.recent))):
            self.recent.popleft()

    def __iter__(self) -> Iterator[str]:
        """Only asked for: pandas takes what can be iterated for a file, and then calls `read`."""
        return iter(lambda: self.read(1), "")

    def _marked(self, line: str) -> str:
        text = line.rstrip("\r\n").translate(_CONFUSING)
        may_be_wide = text.count(self._separator) >= self._width
        if self._in_quotes or may_be_wide or '"' in self._quoted.sub("", text):
            separators, self._in_quotes = self._scanned(text)
            if may_be_wide and separators >= self._width:  # too wide for pandas
                text = self._separator.join(text.replace('"', "").split(self._separator)[: self._width])
                self._in_quotes = False
        return f"{text}{self._separator}{_MARK}\n"

    def _scanned(self, text: str) -> tuple[int, bool]:
        """How many separators stand outside of quotes, and whether a quote is still open at the end.

        A quote opens at the start of a cell only, and is closed by the next one that is not doubled.
        """
        separators = 0
        in_quotes = self._in_quotes or text.startswith('"')
        at = int(in_quotes and not self._in_quotes)
        while True:
            if in_quotes:
                closing = _CLOSING.match(text, at)
                if closing is None:
                    return separators, True
                at = closing.end()
            at = text.find(self._separator, at) + 1
            if not at:
                return separators, False
            separators += 1
            in_quotes = text.startswith('"', at)
            at += in_quotes
