"""Columns are found by their header, and their cells become the facts of a film."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from movies.importing.readers import cells
from movies.importing.readers.rows import Repair


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a format: the field of MovieRow, what copies of the file call it, and what a cell means there."""

    fact: str
    names: tuple[str, ...]  # as `named` spells them; the first is the format's own
    value: Callable[[str], Any]
    identifies: bool = False  # a row in which it cannot be read is no film
    number: bool = False


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
        self._decimal_comma = decimal_comma
        places = {named(name): place for place, name in reversed(list(enumerate(names)))}
        self._columns = [
            (column, places[name], names[places[name]])
            for column in columns
            if (name := next(filter(places.__contains__, column.names), None)) is not None
        ]
        self.at = {column.fact: place for column, place, _ in self._columns}
        self.labels = {column.fact: label for column, _, label in self._columns}

    def facts(self, record: Sequence[str]) -> tuple[dict[str, Any], tuple[Repair, ...]]:
        """What the cells say, and which cannot be read: of these the film keeps what is known already.

        Raises CellError where it is one that identifies the film.
        """
        facts: dict[str, Any] = {}
        repairs = []
        for column, place, label in self._columns:
            cell = record[place]
            if self._decimal_comma and column.number and cell.count(",") < 2:
                cell = cell.replace(".", "").replace(",", ".")
            try:
                facts[column.fact] = column.value(cell)
            except ValueError as error:
                if column.identifies:
                    raise CellError(label, cell, str(error)) from error
                repairs.append(Repair(field=label, value=cells.shortened(cell), reason=f"left out: {error}"))
        return facts, tuple(repairs)
