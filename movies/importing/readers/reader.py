"""What the readers of all formats have in common."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from movies.importing.readers import cells
from movies.importing.readers.columns import CellError, Column, Columns, missing
from movies.importing.readers.records import Record
from movies.importing.readers.rows import LeftOut, MovieRow, Repair, Row, RowError
from movies.importing.readers.tables import Table

Facts = dict[str, Any]
Said = tuple[Facts, Sequence[Repair]]


class Reader:
    """A format: its columns, and how the facts of one row make a film.

    Columns whose fact begins with an underscore are for `film` alone.
    """

    source: ClassVar[str]  # the data set's name, in the database and for --format
    label: ClassVar[str]  # and for people
    columns: ClassVar[Sequence[Column]]
    may_lack: ClassVar[frozenset[str]] = frozenset()  # facts whose columns copies of the file may lack
    companions: ClassVar[Mapping[str, Sequence[Column]]] = {}  # file name without suffix -> what its header must name
    quotes: bool = True  # a cell in quotes may hold separators and line breaks
    spare_cells: ClassVar[int] = 1  # how many more cells than columns a row may have and still be looked at

    def __init__(self, table: Table, companions: Mapping[str, Table]) -> None:
        self.table = table
        self._companions = companions
        self._columns = Columns(self.columns, self.header(table), decimal_comma=table.decimal_comma)
        self._with_first = False
        self._read: dict[str, dict[int, Said]] = {}  # of companions

    @classmethod
    def needed(cls) -> list[Column]:
        return [column for column in cls.columns if column.fact not in cls.may_lack]

    @classmethod
    def recognises(cls, table: Table) -> bool:
        return not missing(cls.needed(), table.header)

    @classmethod
    def header(cls, table: Table) -> Sequence[str]:
        return table.header

    def rows(self) -> Iterator[Row]:
        """Raises DatasetError where the file cannot be read further."""
        width = self._columns.width + self.spare_cells
        for record in self.table.records(width=width, with_first=self._with_first, quotes=self.quotes):
            if record.unclosed:
                yield _error(record, "a quote is opened and never closed")
            elif any(cell and not cell.isspace() for cell in record.cells):
                yield self.row(record)

    def row(self, record: Record) -> Row:
        """One record; too many or too few cells make it an error."""
        width = self._columns.width
        if len(record.cells) < width or any(cell.strip() for cell in record.cells[width:]):
            return self.wrong_width(record)
        try:
            return self.parsed(record.cells, record.line)
        except CellError as wrong:
            return RowError(line=record.line, field=wrong.field, value=wrong.value, reason=wrong.reason)

    def parsed(self, record: Sequence[str], line: int) -> MovieRow | LeftOut:
        """Raises CellError where it cannot be said which film it is."""
        facts, repairs = self._columns.facts(record)
        more = self.film(facts)
        if isinstance(more, str):
            return LeftOut(line=line, kind=more)
        return MovieRow(line=line, repairs=(*repairs, *more), **facts)

    def film(self, facts: Facts) -> Sequence[Repair] | str:
        """Make the facts those of MovieRow, in place; what was repaired thereby, or what the row is if no film.

        Raises CellError where it cannot be said which film it is.
        """
        return ()

    def beside(self, name: str, number: int, field: str = "") -> Said:
        """What a companion, if it is given, says of the film with this number; with `field`, also that it has no row.

        It is read for all films at once: even the largest of these data sets have fewer than a hundred thousand.
        """
        if name not in self._read:
            self._read[name] = dict(self._by_film(name))
        said = self._read[name].get(number)
        if said is None and field and name in self._companions:
            return {}, (Repair(field=field, value=str(number), reason=f"{name}.csv has no sound row for it"),)
        return said or ({}, ())

    def _by_film(self, name: str) -> Iterator[tuple[int, Said]]:
        table = self._companions.get(name)
        if table is None:
            return
        columns = Columns(self.companions[name], table.header)
        for record in table.records(width=columns.width + 1):
            if len(record.cells) < columns.width:
                continue
            with suppress(CellError):  # the film it belongs to says so
                facts, repairs = columns.facts(record.cells)
                yield facts.pop("_id"), (facts, repairs)

    def wrong_width(self, record: Record) -> RowError:
        found = len(record.cells)
        many = "too many" if found == self._columns.width + self.spare_cells else found
        return _error(record, f"it has {many} cells for {self._columns.width} columns")


def _error(record: Record, reason: str) -> RowError:
    return RowError(line=record.line, field="", value=cells.shortened(record.cells[0]), reason=reason)
