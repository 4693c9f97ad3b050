"""Finds columns by the names in the header, and converts their cells to the facts of a film."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from movies.importing import cells
from movies.importing.facts import FACTS
from movies.importing.readers.repairing import repaired
from movies.importing.readers.rows import Repair

Repairer = Callable[[str], tuple[Any, str]]  # cell -> its content, and what was repaired ("" if nothing)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a format: its field of MovieRow, its names in the header, and its parser."""

    fact: str
    names: tuple[str, ...]  # as `normalized` makes them; the first is the official one
    parse: Callable[[Any], Any] | None = None  # parses a cell; by default as the `Facts` dataclass says
    identifies: bool = False  # if this cell cannot be parsed, the whole row is a RowError
    number: bool = False  # may have a decimal comma
    repair: Repairer | None = repaired  # repairs a cell before `parse` parses it, unless None; ignored for numbers

    def repair_for(self, decimal_comma: bool) -> Repairer | None:
        if self.number:
            return _with_point if decimal_comma else None
        return self.repair


class CellError(Exception):
    """A cell that identifies the film cannot be parsed, so the row is rejected."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, cells.shortened(value), reason


def normalized(label: str) -> str:
    """Normalize a header label: `Revenue (Millions)` to `revenue`, `IMDB_Rating` to `imdb rating`."""
    return " ".join(re.sub(r"\([^()]*\)", "", label).replace("_", " ").casefold().split())


def missing(columns: Sequence[Column], header: Sequence[str]) -> list[Column]:
    """Return the columns that are not in the header."""
    labels = set(map(normalized, header))
    return [column for column in columns if labels.isdisjoint(column.names)]


def _names(header: Sequence[str]) -> list[str]:
    names = [label.strip() for label in header]
    while names and not names[-1]:  # a trailing separator adds a nameless column
        names.pop()
    return names


_UNREADABLE = object()
Note = Repair | CellError
Parsed = tuple[dict[str, Any], Sequence[Repair]]  # the facts of a row, and its repairs


class Columns:
    """The columns of a format, located in the header of one file."""

    def __init__(self, columns: Sequence[Column], header: Sequence[str], *, decimal_comma: bool = False) -> None:
        names = _names(header)
        self.width = len(names)
        places = {normalized(name): place for place, name in reversed(list(enumerate(names)))}
        located = [
            (column, places[name])
            for column in columns
            if (name := next(filter(places.__contains__, column.names), None)) is not None
        ]
        self.at = {column.fact: place for column, place in located}
        self.labels = {column.fact: names[place] for column, place in located}
        self._columns = [column for column, _ in located]
        self._repairers = {column.fact: column.repair_for(decimal_comma) for column in self._columns}

    def facts(self, rows: Sequence[Sequence[str]]) -> list[Parsed | CellError]:
        """Return the facts of each row, or a CellError if an identifying cell cannot be parsed.

        Other unparsable cells are omitted and reported as repairs. Works column by column and parses equal cells once:
        many films share a year.
        """
        if not rows:
            return []
        cells_by_place = list(zip(*rows, strict=False))
        values: list[list[Any]] = []
        notes: dict[int, list[Note]] = {}  # by index of the row
        for column in self._columns:
            written = cells_by_place[self.at[column.fact]]
            parsed, noted = self._parsed(column, set(written))
            values.append([parsed[cell] for cell in written])
            if noted:
                for number, cell in enumerate(written):
                    if cell in noted:
                        notes.setdefault(number, []).append(noted[cell])
        facts = (dict(zip(self._repairers, row, strict=True)) for row in zip(*values, strict=True))
        return [_with_notes(row, notes[number]) if number in notes else (row, ()) for number, row in enumerate(facts)]

    def _parsed(self, column: Column, written: Iterable[str]) -> tuple[dict[str, Any], dict[str, Note]]:
        """Parse distinct cells; return values by cell, and notes on the cells that were repaired or rejected."""
        repair, parse = self._repairers[column.fact], column.parse or FACTS[column.fact].cell
        parsed: dict[str, Any] = {}
        noted: dict[str, Note] = {}
        for cell in written:
            try:
                text, reason = repair(cell) if repair else (cell, "")
                parsed[cell] = parse(text)
            except ValueError as error:
                parsed[cell] = _UNREADABLE
                noted[cell] = self._note_on(column, cell, error)
                continue
            if reason:
                noted[cell] = Repair(field=self.labels[column.fact], value=cells.shortened(cell), reason=reason)
        return parsed, noted

    def _note_on(self, column: Column, cell: str, error: ValueError) -> Note:
        label = self.labels[column.fact]
        if column.identifies:
            return CellError(label, cell, str(error))
        return Repair(field=label, value=cells.shortened(cell), reason=f"left out: {error}", omitted=True)


def _with_notes(facts: dict[str, Any], notes: Sequence[Note]) -> Parsed | CellError:
    repairs = []
    for note in notes:
        if isinstance(note, CellError):
            return note
        repairs.append(note)
    return {fact: value for fact, value in facts.items() if value is not _UNREADABLE}, tuple(repairs)


def _with_point(cell: str) -> tuple[str, str]:
    """Replace a decimal comma by a point. It is not reported as a repair: the whole file uses commas."""
    return (cell if cell.count(",") > 1 else cell.replace(".", "").replace(",", ".")), ""
