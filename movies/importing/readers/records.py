"""Parses lines of CSV into records with line numbers.

pandas parses the chunks in which every line is one well-formed record (`pandas_chunks`); the others are parsed record
by record.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from movies.importing.readers.pandas_chunks import columns_of

_CHUNK_LINES = 2000
_CHUNK_CHARACTERS = 4 * 1024 * 1024  # or one longer line
# A longer record with an open quote counts as unclosed; real ones are far shorter. Also bounds memory.
_MAX_QUOTED_LENGTH = 256 * 1024  # characters
_MAX_CELL_LENGTH = 8 * 1024 * 1024  # characters; more than _MAX_QUOTED_LENGTH plus the longest line
# Replace NUL, which pandas cannot parse, and U+001E, which Python treats as a space, by a character that cells reject.
_UNPARSABLE = {0x00: "\x01", 0x1E: "\x01"}
# A quote after an odd number of backslashes; an even number is a sequence of escaped backslashes.
_ESCAPED_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')


class Record(NamedTuple):
    line: int  # where it starts in the file; the first line is 1
    cells: Sequence[str]
    unclosed: bool = False  # whether a quote is never closed; the next line is then a new record

    def is_blank(self) -> bool:
        return not any(map(str.strip, self.cells))


def records(lines: Iterable[str], separator: str, *, width: int, first_line: int) -> Iterator[list[Record]]:
    """Parse lines into records, chunk by chunk, in bounded memory.

    Records are cut to `width` cells. A line that is quoted as a whole is unquoted and split. A line with an unclosed
    quote is one record, and parsing continues with the next line.
    """
    coming = _Lines(lines, first_line)
    one_by_one = _OneByOne(coming, separator, width)
    while chunk := coming.chunk():
        columns = columns_of(chunk, separator, width)
        if columns is None:
            after = coming.number
            coming.give_back(chunk)
            yield list(one_by_one.until(after))
        else:
            yield list(map(Record, count(coming.number - len(chunk)), zip(*columns, strict=True)))


def plain_records(lines: Iterable[str], separator: str, *, first_line: int) -> Iterator[list[Record]]:
    """Parse a file without quoting: every line is one record."""
    coming = _Lines(lines, first_line)
    while chunk := coming.chunk():
        first = coming.number - len(chunk)
        yield [Record(number, line.split(separator)) for number, line in enumerate(chunk, start=first)]


class _Lines:
    """Iterates over lines without line ends. Lines can be pushed back."""

    def __init__(self, lines: Iterable[str], first_line: int) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.number = first_line  # number of the next line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines).rstrip("\r\n")
        self.number += 1
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def chunk(self) -> list[str]:
        """Return the next lines; empty at the end of the file."""
        chunk, characters = [], 0
        for line in self:
            chunk.append(line)
            characters += len(line)
            if len(chunk) == _CHUNK_LINES or characters > _CHUNK_CHARACTERS:
                break
        return chunk


class _OneByOne:
    """Parses any lines, including malformed ones, record by record."""

    def __init__(self, lines: _Lines, separator: str, width: int) -> None:
        self._lines = lines
        self._separator = separator
        self._width = width
        edge = re.escape(separator)
        self._quoted = re.compile(rf'(?:^|(?<={edge}))"(?:[^"]|"")*"(?={edge}|$)')  # whole cells

    def until(self, end: int) -> Iterator[Record]:
        """Yield the records that begin before line `end`."""
        csv.field_size_limit(_MAX_CELL_LENGTH)
        while self._lines.number < end:
            number = self._lines.number
            text, unclosed = self._record(self._next_line() or "")
            yield Record(number, self._cells(text), unclosed)

    def _next_line(self) -> str | None:
        line = next(self._lines, None)
        return line.translate(_UNPARSABLE) if line else line

    def _cells(self, text: str) -> list[str]:
        cells = next(csv.reader([text], delimiter=self._separator)) or [""]
        if len(cells) == 1 and self._separator in cells[0]:
            return next(csv.reader([cells[0].replace("\n", " ")], delimiter=self._separator))
        return cells

    def _record(self, first: str) -> tuple[str, bool]:
        """Return the text of the record that begins with this line, and whether a quote in it is never closed."""
        separators, in_quotes = self._scanned(first, in_quotes=False)
        if not in_quotes and separators < self._width and '\\"' not in first:
            return first, False
        taken, separators, in_quotes = self._until_closed(first, separators, in_quotes=in_quotes)
        if any('\\"' in line for line in taken) and (text := self._with_escaped_quotes(taken)):
            return text, False
        if separators >= self._width:
            return self._cut(" ".join(taken)), False
        if in_quotes:
            self._lines.give_back(taken[1:])
            return self._cut(first), True
        return "\n".join(taken), False

    def _until_closed(self, first: str, separators: int, *, in_quotes: bool) -> tuple[list[str], int, bool]:
        """Take lines until the quote is closed; return them, their separators, and whether it is still open."""
        taken, characters = [first], len(first)
        while in_quotes and separators < self._width and characters <= _MAX_QUOTED_LENGTH:
            line = self._next_line()
            if line is None:
                break
            more, in_quotes = self._scanned(line, in_quotes=True)
            taken.append(line)
            separators += more
            characters += len(line)
        return taken, separators, in_quotes

    def _with_escaped_quotes(self, taken: Sequence[str]) -> str | None:
        """Read the record again with \\" as an escaped quote; None if that is not needed or does not help."""
        if self._is_valid(taken):
            return None
        self._lines.give_back(taken)
        read: list[str] = []
        escaped: list[str] = []
        in_quotes, characters = True, 0
        while in_quotes and characters <= _MAX_QUOTED_LENGTH:
            line = self._next_line()
            if line is None:
                break
            read.append(line)
            escaped.append(_ESCAPED_QUOTE.sub(r'\1\\""', line))
            _, in_quotes = self._scanned(escaped[-1], in_quotes=len(read) > 1)
            characters += len(line)
        if not in_quotes and self._is_valid(escaped):
            return "\n".join(escaped)
        self._lines.give_back(read)
        for _ in taken:
            self._next_line()
        return None

    def _is_valid(self, lines: Sequence[str]) -> bool:
        """Return whether all quotes are closed and enclose whole cells."""
        rest = self._quoted.sub("", "\n".join(lines))
        return '"' not in rest and rest.count(self._separator) < self._width

    def _cut(self, text: str) -> str:
        """Cut to the first `width` cells, ignoring quotes."""
        return self._separator.join(text.replace('"', "").split(self._separator)[: self._width])

    def _scanned(self, text: str, *, in_quotes: bool) -> tuple[int, bool]:
        """Count the separators outside quotes, and return whether a quote is open at the end of the line.

        A quote opens only at the start of a cell; the next quote that is not doubled closes it.
        """
        separators, at = 0, 0
        if not in_quotes and text.startswith('"'):
            in_quotes, at = True, 1
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
