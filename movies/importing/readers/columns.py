"""Columns are found by their header, and their cells become the facts of a film."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from movies.importing.readers import cells
from movies.importing.readers.mending import mended
from movies.importing.readers.rows import Repair

Read = Callable[[str], tuple[Any, str]]  # what a cell holds, and what had to be mended for that, if anything


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a format: the field of MovieRow, what copies of the file call it, and what a cell means there."""

    fact: str
    names: tuple[str, ...]  # as `named` spells them; the first is the format's own
    value: Callable[[Any], Any]
    identifies: bool = False  # a row in which it cannot be read is no film
    number: bool = False  # which may have a decimal comma
    # What mends a cell before `value` is asked; numbers and ids are taken as they are.
    read: Read | None = mended

    def reading(self, decimal_comma: bool) -> Read | None:
        if self.number:
            return _with_point if decimal_comma else None
        return self.read


class CellError(Exception):
    """A cell that decides over its row holds something its column cannot."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, cells.shortened(value), reason


def named(label: str) -> str:
    """`Revenue (Millions)` is `revenue`, `IMDB_Rating` is `imdb rating`."""
    return " ".join(re.sub(r"\([^()]*\)", "", label).replace("_", " ").casefold().split())


def missing(columns: Sequence[Column], header: Sequence[str]) -> list[Column]:
    """Those that the header does not name."""
    found = set(map(named, header))
    return [column for column in columns if found.isdisjoint(column.names)]


class Columns:
    """Columns at their places in one file."""

    def __init__(self, columns: Sequence[Column], header: Sequence[str], *, decimal_comma: bool = False) -> None:
        names = [label.strip() for label in header]
        while names and not names[-1]:  # a separator at the end of the header makes a column without a name
            names.pop()
        self.width = len(names)
        places = {named(name): place for place, name in reversed(list(enumerate(names)))}
        found = [
            (column, places[name], names[places[name]])
            for column in columns
            if (name := next(filter(places.__contains__, column.names), None)) is not None
        ]
        self.at = {column.fact: place for column, place, _ in found}
        self.labels = {column.fact: label for column, _, label in found}
        self._identify = {column.fact for column, _, _ in found if column.identifies}
        # Looked up once: this is done for every cell of every row.
        self._steps = [(place, column.fact, column.reading(decimal_comma), column.value) for column, place, _ in found]

    def facts(self, record: Sequence[str]) -> tuple[dict[str, Any], tuple[Repair, ...]]:
        """What the cells say, and which were mended or cannot be read: of the latter the film keeps what is known.

        Raises CellError where it is one that identifies the film.
        """
        facts: dict[str, Any] = {}
        repairs = []
        for place, fact, read, value in self._steps:
            cell = record[place]
            try:
                if read is None:
                    facts[fact] = value(cell)
                    continue
                held, reason = read(cell)
                facts[fact] = value(held)
            except ValueError as error:
                repairs.append(self._left_out(fact, cell, error))
                continue
            if reason:
                repairs.append(Repair(field=self.labels[fact], value=cells.shortened(cell), reason=reason))
        return facts, tuple(repairs)

    def _left_out(self, fact: str, cell: str, error: ValueError) -> Repair:
        """Raises CellError."""
        if fact in self._identify:
            raise CellError(self.labels[fact], cell, str(error)) from error
        value = cells.shortened(cell)
        return Repair(field=self.labels[fact], value=value, reason=f"left out: {error}", left_out=True)


def _with_point(cell: str) -> tuple[str, str]:
    """A number with a decimal comma as one with a point; that is no repair, the whole file has them."""
    return (cell if cell.count(",") > 1 else cell.replace(".", "").replace(",", ".")), ""
