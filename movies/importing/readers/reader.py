"""The base class of all readers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from movies.importing import cells
from movies.importing.readers.columns import CellError, Column, Columns, Parsed, missing
from movies.importing.readers.records import Record
from movies.importing.readers.rows import MovieRow, NotAMovie, Repair, Row, RowError
from movies.importing.readers.tables import Table

CellValues = dict[str, Any]


class Reader:
    """Reads one format: declares its columns and converts the facts of a row to a MovieRow.

    Facts whose names begin with an underscore are temporary: `movie` must remove them.
    """

    source: ClassVar[str]  # identifies the data set in the database and for --format
    label: ClassVar[str]  # shown to people
    columns: ClassVar[Sequence[Column]]
    may_lack: ClassVar[frozenset[str]] = frozenset()  # facts whose columns are optional
    companions: ClassVar[Mapping[str, Sequence[Column]]] = {}  # file name without suffix -> required columns
    quotes: bool = True  # whether quoted cells may contain separators and line breaks
    by_position: ClassVar[Sequence[str]] = ()  # the columns of a file without a header, if `recognises` accepts it
    spare_cells: ClassVar[int] = 1  # extra cells of a row that are kept; any beyond these are cut

    def __init__(self, table: Table, companions: Mapping[str, Table]) -> None:
        self.table = table
        self._companions = companions
        self._lacks_header = bool(missing(self.required_columns(), table.header))
        header = self.by_position if self._lacks_header else table.header
        self._columns = Columns(self.columns, header, decimal_comma=table.decimal_comma)
        self._companion_facts: dict[str, dict[int, Parsed]] = {}  # companion name -> film id -> facts and repairs

    @classmethod
    def required_columns(cls) -> list[Column]:
        return [column for column in cls.columns if column.fact not in cls.may_lack]

    @classmethod
    def recognises(cls, table: Table) -> bool:
        return not missing(cls.required_columns(), table.header)

    def rows(self) -> Iterator[Row]:
        """Yield the rows in file order. Raises DatasetError if the file is damaged."""
        width = self._columns.width + self.spare_cells
        for records in self.table.chunks(width=width, lacks_header=self._lacks_header, quotes=self.quotes):
            whole = [record for record in records if self.is_whole(record)]
            facts = self._columns.facts([record.cells for record in whole])
            by_line = {record.line: parsed for record, parsed in zip(whole, facts, strict=True)}
            for record in records:
                parsed = by_line.get(record.line)
                if record.unclosed:
                    yield _error(record, "a quote is opened and never closed")
                elif isinstance(parsed, tuple) or not record.is_blank():
                    yield self.row(record, parsed)

    def is_whole(self, record: Record) -> bool:
        """Return whether it has one cell per column; extra cells must be blank."""
        cells, width = record.cells, self._columns.width
        return len(cells) == width or (len(cells) > width and not any(map(str.strip, cells[width:])))

    def row(self, record: Record, parsed: Parsed | CellError | None) -> Row:
        """Convert a record to a row. `parsed` is None if the record is not whole."""
        if parsed is None:
            return self.wrong_width(record)
        try:
            if isinstance(parsed, CellError):
                raise parsed
            facts, repairs = parsed
            more = self.movie(facts)
        except CellError as wrong:
            return RowError(line=record.line, field=wrong.field, value=wrong.value, reason=wrong.reason)
        if isinstance(more, str):
            return NotAMovie(line=record.line, kind=more)
        return MovieRow(line=record.line, repairs=(*repairs, *more), **facts)

    def movie(self, facts: CellValues) -> Sequence[Repair] | str:
        """Convert `facts` in place to the fields of MovieRow.

        Returns the repairs, or a string naming what the row is if it is not a film. Raises CellError if the film cannot
        be identified.
        """
        return ()

    def companion_facts(self, name: str, number: int, field: str = "") -> Parsed:
        """Return the facts and repairs of the film with this id from a companion file; empty if there are none.

        With `field`, a film missing from the companion is reported as a repair of that field. The whole companion is
        loaded into memory: even the largest data sets that use this have fewer than 100,000 films.
        """
        if name not in self._companion_facts:
            self._companion_facts[name] = dict(self._by_movie(name))
        parsed = self._companion_facts[name].get(number)
        if parsed is None and field and name in self._companions:
            return {}, (Repair(field=field, value=str(number), reason=f"{name}.csv has no valid row for it"),)
        return parsed or ({}, ())

    def _by_movie(self, name: str) -> Iterator[tuple[int, Parsed]]:
        table = self._companions.get(name)
        if table is None:
            return
        columns = Columns(self.companions[name], table.header)
        for records in table.chunks(width=columns.width + 1):
            for parsed in columns.facts([record.cells for record in records if len(record.cells) >= columns.width]):
                if not isinstance(parsed, CellError):  # a film whose companion row is skipped counts as missing there
                    yield parsed[0].pop("_id"), parsed

    def wrong_width(self, record: Record) -> RowError:
        count = len(record.cells)
        many = "too many" if count == self._columns.width + self.spare_cells else count
        return _error(record, f"it has {many} cells for {self._columns.width} columns")


def _error(record: Record, reason: str) -> RowError:
    return RowError(line=record.line, field="", value=cells.shortened(record.cells[0]), reason=reason)
