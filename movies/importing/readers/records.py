"""Lines of a file become records of cells, without losing count of either."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

_CHUNK_RECORDS = 2000
_CHUNK_CHARACTERS = 4 * 1024 * 1024  # unless one record alone has more
# A record on several lines is far shorter. What runs on beyond that is a quote that was never closed; it is looked for
# in memory, so this is also a bound on that.
_LONGEST_IN_QUOTES = 256 * 1024  # characters
# Put at the end of every record as a cell of its own: pandas fills short records up and does not say how many cells one
# had, but the place of the mark does.
_MARK = "\x1e"
# What would confuse pandas' tokenizer or the marks; a control character all the same, for the reader to refuse.
_CONFUSING = {0: "\x01", ord(_MARK): "\x01"}
# A quote behind a backslash, by an odd number of backslashes: two are one that stands for itself.
_ESCAPED_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')


class Record(NamedTuple):
    line: int  # where it starts in the file
    cells: list[str]
    unclosed: bool = False  # a quote in it is never closed; the lines behind it are records of their own


def records(lines: Iterable[str], separator: str, *, width: int, first_line: int) -> Iterator[Record]:
    """Parse lines into records with pandas, in bounded memory.

    A record with more than `width` cells keeps the first `width`. Where all cells of a line stand in one pair of
    quotes, they are its cells. A line with a quote that is never closed is one record; the next line begins anew.
    """
    import pandas as pd  # noqa: PLC0415  # takes over a second, which only an import of films should pay

    for chunk in _chunks(_Texts(lines, separator, width, first_line)):
        texts = "".join(f"{text.text}{separator}{_MARK}\n" for text in chunk)
        table = pd.read_csv(
            io.StringIO(f"{_MARK}\n{texts}"),  # pandas drops a byte order mark before the first cell of all
            sep=separator,
            header=None,
            names=range(width + 1),
            dtype=object,
            na_filter=False,  # a film may be called "None" or "NA"
            skip_blank_lines=False,
        )
        rows = table.itertuples(index=False, name=None)
        next(rows)
        for (line, _, unclosed), row in zip(chunk, rows, strict=True):
            yield Record(line, _unwrapped(list(row[: row.index(_MARK)]), separator), unclosed)


def plain_records(lines: Iterable[str], separator: str, *, first_line: int) -> Iterator[Record]:
    """The records of a file in which quotes mean nothing and every line is one record."""
    for number, line in enumerate(lines, start=first_line):
        yield Record(number, line.rstrip("\r\n").split(separator))


def _unwrapped(cells: list[str], separator: str) -> list[str]:
    if len(cells) == 1 and separator in cells[0]:
        with suppress(csv.Error):  # a cell longer than any film's
            return next(csv.reader([cells[0].replace("\n", " ")], delimiter=separator))
    return cells


class _Text(NamedTuple):
    """A record as pandas reads it, without its mark."""

    line: int
    text: str
    unclosed: bool = False


def _chunks(texts: Iterable[_Text]) -> Iterator[list[_Text]]:
    chunk: list[_Text] = []
    characters = 0
    for text in texts:
        chunk.append(text)
        characters += len(text.text)
        if len(chunk) == _CHUNK_RECORDS or characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class _Texts:
    """The records of these lines, each as the text that pandas makes one row of."""

    def __init__(self, lines: Iterable[str], separator: str, width: int, first_line: int) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()  # lines that were taken for a part of a quote, and are not
        self._separator = separator
        self._width = width
        self._first_line = first_line
        edge = re.escape(separator)
        self._quoted = re.compile(rf'(?:^|(?<={edge}))"(?:[^"]|"")*"(?={edge}|$)')  # whole cells

    def __iter__(self) -> Iterator[_Text]:
        line = self._first_line
        while (first := self._next_line()) is not None:
            count, text, unclosed = self._record(first)
            yield _Text(line, text, unclosed)
            line += count

    def _next_line(self) -> str | None:
        if self._again:
            return self._again.popleft()
        line = next(self._lines, None)
        if line is None:
            return None
        text = line.rstrip("\r\n")
        return text.translate(_CONFUSING) if "\0" in text or _MARK in text else text

    def _record(self, first: str) -> tuple[int, str, bool]:
        """The record that begins with this line: how many lines and which text it has, and whether a quote in it is
        never closed."""
        separators, in_quotes = self._scanned(first, in_quotes=False)
        if not in_quotes and separators < self._width and '\\"' not in first:
            return 1, first, False
        taken, characters = [first], len(first)
        while in_quotes and separators < self._width and characters <= _LONGEST_IN_QUOTES:
            line = self._next_line()
            if line is None:
                break
            more, in_quotes = self._scanned(line, in_quotes=True)
            taken.append(line)
            separators += more
            characters += len(line)
        if any('\\"' in line for line in taken) and (record := self._with_escaped_quotes(taken)):
            return record
        if separators >= self._width:
            return len(taken), self._cut(" ".join(taken)), False
        if in_quotes:
            self._again.extendleft(reversed(taken[1:]))
            return 1, self._cut(first), True
        return len(taken), "\n".join(taken), False

    def _with_escaped_quotes(self, taken: Sequence[str]) -> tuple[int, str, bool] | None:
        """The record that begins with the first of these lines where a backslash, not a quote, stands before a quote
        that is part of a cell; None where these lines are sound without that, or nothing sound comes of it."""
        if self._is_sound(taken):
            return None
        lines = deque(taken)
        read: list[str] = []
        escaped: list[str] = []
        in_quotes, characters = True, 0
        while in_quotes and characters <= _LONGEST_IN_QUOTES:
            line = lines.popleft() if lines else self._next_line()
            if line is None:
                break
            read.append(line)
            escaped.append(_ESCAPED_QUOTE.sub(r'\1\\""', line))
            _, in_quotes = self._scanned(escaped[-1], in_quotes=len(read) > 1)
            characters += len(line)
        if in_quotes or not self._is_sound(escaped):
            self._again.extendleft(reversed(read[len(taken) :]))
            return None
        self._again.extendleft(reversed(lines))
        return len(read), "\n".join(escaped), False

    def _is_sound(self, lines: Sequence[str]) -> bool:
        """Whether quotes stand around whole cells only, and all are closed."""
        rest = self._quoted.sub("", "\n".join(lines))
        return '"' not in rest and rest.count(self._separator) < self._width

    def _cut(self, text: str) -> str:
        """As many cells as pandas takes, whatever the quotes say."""
        return self._separator.join(text.replace('"', "").split(self._separator)[: self._width])

    def _scanned(self, text: str, *, in_quotes: bool) -> tuple[int, bool]:
        """How many separators of a line stand outside of quotes, at most, and whether a quote is open at its end.

        A quote opens at the start of a cell only, and is closed by the next one that is not doubled.
        """
        separators = text.count(self._separator)
        if not in_quotes and separators < self._width and ('"' not in text or '"' not in self._quoted.sub("", text)):
            return separators, False
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
