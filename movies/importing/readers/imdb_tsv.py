"""IMDb's non-commercial datasets: title.basics.tsv, and optionally title.ratings, title.crew and name.basics.

Title files have eleven million lines sorted by id and are merged as streams. `\\N` means absent; quotes are literal.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from movies.importing import cells
from movies.importing.facts import FACTS
from movies.importing.readers.columns import CellError, Column, Columns, Parsed
from movies.importing.readers.lists import names_between
from movies.importing.readers.reader import CellValues, Reader
from movies.importing.readers.records import Record
from movies.importing.readers.rows import DatasetError, NotAMovie, Repair, Row
from movies.importing.readers.tables import Table

_TCONST = re.compile(r"tt[0-9]+")
_ABSENT = "\\N"
_NO_TYPE = ("", _ABSENT)
_as_text = FACTS["original_title"].cell
_RATINGS, _CREW, _NAMES = "title.ratings", "title.crew", "name.basics"


def _id(cell: str) -> str:
    word = cell.strip()
    if not _TCONST.fullmatch(word):
        raise ValueError("not an id such as tt0113277")
    return word


def _type(cell: str) -> str:
    if cell in _NO_TYPE:
        raise ValueError("a title needs its type")
    return cell


def _title(cell: str) -> str:
    return cells.title("" if cell == _ABSENT else cell)


def _original_title(cell: str) -> str:
    return "" if cell == _ABSENT else _as_text(cell)


def _year(cell: str) -> int | None:
    return None if cells.whole_number(cell) is None else cells.year(cell)


def _people(cell: str) -> tuple[str, ...]:
    return tuple(word for word in cell.strip().split(",") if word.startswith("nm"))


class ImdbTsv(Reader):
    source = "imdb"
    label = "IMDb's title.basics.tsv (and title.ratings, title.crew, name.basics)"
    columns = (
        Column("_id", ("tconst",), _id, identifies=True, repair=None),
        Column("_type", ("titletype",), _type, identifies=True, repair=None),
        Column("title", ("primarytitle",), _title, identifies=True),
        Column("original_title", ("originaltitle",), _original_title),
        Column("year", ("startyear",), _year, identifies=True, repair=None),
        Column("runtime_minutes", ("runtimeminutes",), cells.known_runtime_minutes, repair=None),
        Column("genres", ("genres",), repair=names_between(",", others="|;/")),
    )
    may_lack = frozenset({"original_title"})
    companions = {
        _RATINGS: (
            Column("_id", ("tconst",), _id, identifies=True, repair=None),
            Column("imdb_rating", ("averagerating",), repair=None),
            Column("imdb_votes", ("numvotes",), repair=None),
        ),
        _CREW: (
            Column("_id", ("tconst",), _id, identifies=True, repair=None),
            Column("directors", ("directors",), _people, repair=None),
        ),
        _NAMES: (
            Column("_id", ("nconst",), str.strip, identifies=True),
            Column("name", ("primaryname",), cells.text),
        ),
    }
    quotes = False

    def __init__(self, table: Table, companions: Mapping[str, Table]) -> None:
        super().__init__(table, companions)
        self.kinds = frozenset({"movie"})  # values of titleType to import
        self._type_at = self._columns.at["_type"]
        self._merged_files: list[_SortedCompanion] = []
        self._names: dict[str, str] = {}

    def rows(self) -> Iterator[Row]:
        """Also raises DatasetError if a file is not sorted by id."""
        self._names = self._names_of_directors()
        self._merged_files = self._sorted_companions(_RATINGS, _CREW)
        yield from super().rows()

    def is_whole(self, record: Record) -> bool:
        return not self._is_not_a_movie(record) and super().is_whole(record)

    def row(self, record: Record, parsed: Parsed | CellError | None) -> Row:
        if parsed is None and self._is_not_a_movie(record):
            return NotAMovie(line=record.line, kind=self._kind(record))
        return super().row(record, parsed)

    def movie(self, facts: CellValues) -> Sequence[Repair]:
        facts.pop("_type")
        number = facts.pop("_id")
        facts["ids"] = (f"imdb:{number}",)
        repairs: list[Repair] = []
        for file in self._merged_files:
            more, unreadable = file.facts_of(number)
            facts.update(more)
            repairs += unreadable
        facts["directors"] = cells.each_once(self._names.get(person, "") for person in facts.get("directors", ()))
        return repairs

    def _is_not_a_movie(self, record: Record) -> bool:
        """Return whether to skip this title type, as for nine of ten lines, before parsing its cells."""
        return (kind := self._kind(record)) not in self.kinds and kind not in _NO_TYPE

    def _kind(self, record: Record) -> str:
        return record.cells[self._type_at] if len(record.cells) > self._type_at else ""

    def _sorted_companions(self, *names: str) -> "list[_SortedCompanion]":
        return [
            _SortedCompanion(self._companions[name], self.companions[name])
            for name in names
            if name in self._companions
        ]

    def _names_of_directors(self) -> dict[str, str]:
        """Map ids to names, only for directors of imported titles: name.basics has fourteen million people."""
        if _CREW not in self._companions or _NAMES not in self._companions:
            return {}
        (crew,) = self._sorted_companions(_CREW)
        place = self._columns.at["_id"]
        director_ids: set[str] = set()
        for record in self.table.records(width=self._columns.width, quotes=False):
            is_valid = len(record.cells) > place and _TCONST.fullmatch(record.cells[place])
            if is_valid and self._kind(record) in self.kinds:
                director_ids.update(crew.facts_of(record.cells[place])[0].get("directors", ()))
        table = self._companions[_NAMES]
        columns = Columns(self.companions[_NAMES], table.header)
        id_at, name_at = columns.at["_id"], columns.at["name"]
        names = {}
        for record in table.records(width=columns.width, quotes=False):
            if len(record.cells) > max(id_at, name_at) and record.cells[id_at] in director_ids:
                names[record.cells[id_at]] = _name(record.cells[name_at])
        return names


class _SortedCompanion:
    """A file merged with title.basics; both are sorted by title id."""

    def __init__(self, table: Table, columns: Sequence[Column]) -> None:
        self._name = table.name
        self._columns = Columns(columns, table.header)
        self._id_at = self._columns.at["_id"]
        self._records = table.records(width=self._columns.width, quotes=False)
        self._last = self._last_requested = ""  # ids
        self._next: Record | None = None
        self._advance()

    def facts_of(self, number: str) -> Parsed:
        """Return the facts and repairs of this title. Calls must be in order of ids; raises DatasetError if not."""
        if number < self._last_requested:
            raise DatasetError(f"The films are not sorted by tconst: {number} follows {self._last_requested}.")
        self._last_requested = number
        while self._next is not None and self._last < number:
            self._advance()
        if self._next is None or self._last != number:
            return {}, ()
        if len(self._next.cells) < self._columns.width:
            return {}, (Repair(field="tconst", value=number, reason=f"{self._name} has no valid row for it"),)
        (parsed,) = self._columns.facts([self._next.cells])
        if isinstance(parsed, CellError):
            raise parsed
        facts, repairs = parsed
        del facts["_id"]
        return facts, repairs

    def _advance(self) -> None:
        self._next = next(self._records, None)
        if self._next is None:
            return
        cells_found = self._next.cells
        number = cells_found[self._id_at] if len(cells_found) > self._id_at else ""
        if number and number < self._last:
            raise DatasetError(f"{self._name} is not sorted by tconst: {number} follows {self._last}.")
        self._last = number or self._last


def _name(cell: str) -> str:
    try:
        return ", ".join(cells.names(cell, "\t"))
    except ValueError:
        return ""
