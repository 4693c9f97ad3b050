"""What the readers of all formats have in common."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from movies.importing.readers import cells
from movies.importing.readers.columns import CellError, Column, Columns, Said, missing
from movies.importing.readers.records import Record
from movies.importing.readers.rows import LeftOut, MovieRow, Repair, Row, RowError
from movies.importing.readers.tables import Table

Facts = dict[str, Any]


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
        for records in self.table.chunks(width=width, with_first=self._with_first, quotes=self.quotes):
            whole = [record for record in records if self.is_whole(record)]
            facts = self._columns.facts([record.cells for record in whole])
            by_line = {record.line: said for record, said in zip(whole, facts, strict=True)}
            for record in records:
                said = by_line.get(record.line)
                if record.unclosed:
                    yield _error(record, "a quote is opened and never closed")
                elif isinstance(said, tuple) or not record.is_blank():
                    yield self.row(record, said)

    def is_whole(self, record: Record) -> bool:
        """Whether it has the cells of its columns, and no others."""
        cells, width = record.cells, self._columns.width
        return len(cells) == width or (len(cells) > width and not any(map(str.strip, cells[width:])))

    def row(self, record: Record, said: Said | CellError | None) -> Row:
        """One record, and what its cells say if it is whole."""
        if said is None:
            return self.wrong_width(record)
        try:
            if isinstance(said, CellError):
                raise said
            facts, repairs = said
            more = self.movie(facts)
        except CellError as wrong:
            return RowError(line=record.line, field=wrong.field, value=wrong.value, reason=wrong.reason)
        if isinstance(more, str):
            return LeftOut(line=record.line, kind=more)
        return MovieRow(line=record.line, repairs=(*repairs, *more), **facts)

    def movie(self, facts: Facts) -> Sequence[Repair] | str:
        """Make the facts those of MovieRow, in place; what was repaired thereby, or what the row is if no film.

        Raises CellError where it cannot be said which film it is.
        """
        return ()

    def beside(self, name: str, number: int, field: str = "") -> Said:
        """What a companion, if it is given, says of the film with this number; with `field`, also that it has no row.

        It is read for all films at once: even the largest of these data sets have fewer than a hundred thousand.
        """
        if name not in self._read:
            self._read[name] = dict(self._by_movie(name))
        said = self._read[name].get(number)
        if said is None and field and name in self._companions:
            return {}, (Repair(field=field, value=str(number), reason=f"{name}.csv has no sound row for it"),)
        return said or ({}, ())

    def _by_movie(self, name: str) -> Iterator[tuple[int, Said]]:
        table = self._companions.get(name)
        if table is None:
            return
        columns = Columns(self.companions[name], table.header)
        for records in table.chunks(width=columns.width + 1):
            for said in columns.facts([record.cells for record in records if len(record.cells) >= columns.width]):
                if not isinstance(said, CellError):  # the film it belongs to says so
                    yield said[0].pop("_id"), said

    def wrong_width(self, record: Record) -> RowError:
        found = len(record.cells)
        many = "too many" if found == self._columns.width + self.spare_cells else found
        return _error(record, f"it has {many} cells for {self._columns.width} columns")


def _error(record: Record, reason: str) -> RowError:
    return RowError(line=record.line, field="", value=cells.shortened(record.cells[0]), reason=reason)
