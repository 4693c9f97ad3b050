"""Kaggle's "IMDB data from 2006 to 2016" (IMDB-Movie-Data.csv).

Some copies lack the header. Some have a stray comma at the end of most lines, or unquoted commas in descriptions, which
shift the later cells. A shifted row is repaired only if exactly one way of joining cells gives a valid film.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from movies.importing import cells
from movies.importing.readers.columns import CellError, Column, Columns, Parsed
from movies.importing.readers.lists import names_between
from movies.importing.readers.reader import Reader
from movies.importing.readers.records import Record
from movies.importing.readers.rows import MovieRow, Repair, Row, RowError
from movies.importing.readers.tables import Table

_GENRES, _PEOPLE = names_between(",", others="|;/"), names_between(",", others="|;")
_MAX_UNREADABLE = 3  # cells of a row; if there are more, its cells do not match the header
_MAY_HOLD_SEPARATORS = ("description", "title", "directors", "actors", "genres")


class KaggleImdb(Reader):
    """Columns are found by name, ignoring case and units in parentheses."""

    source = "imdb-2006-2016"
    label = "Kaggle's IMDB-Movie-Data.csv"
    columns = (
        Column("title", ("title", "movie title", "film"), identifies=True),
        Column("genres", ("genre", "genres"), repair=_GENRES),
        Column("description", ("description", "overview", "plot")),
        Column("directors", ("director", "directors"), repair=_PEOPLE),
        Column("actors", ("actors", "cast", "stars"), repair=_PEOPLE),
        Column("year", ("year", "release year"), identifies=True, number=True),
        Column("runtime_minutes", ("runtime", "runtime minutes", "duration"), number=True),
        Column("imdb_rating", ("rating", "imdb rating"), number=True),
        Column("imdb_votes", ("votes", "imdb votes", "number of votes"), number=True),
        Column("revenue_usd", ("revenue", "revenue millions"), cells.revenue_in_millions, number=True),
        Column("metascore", ("metascore", "meta score"), number=True),
    )
    may_lack: ClassVar = frozenset({"description", "runtime_minutes", "revenue_usd", "metascore"})
    by_position = (
        "Rank", "Title", "Genre", "Description", "Director", "Actors", "Year", "Runtime (Minutes)", "Rating", "Votes",
        "Revenue (Millions)", "Metascore",
    )  # fmt: skip
    spare_cells = 20

    @classmethod
    def recognises(cls, table: Table) -> bool:
        """Return whether the header matches or, in a file without a header, the first line is a film."""
        return super().recognises(table) or cls._is_movie(table.header)

    def row(self, record: Record, parsed: Parsed | CellError | None) -> Row:
        row = super().row(record, parsed)
        if isinstance(row, MovieRow):
            unreadable = _unreadable(row.repairs)
            if len(unreadable) <= _MAX_UNREADABLE:
                return row
            row = _unusable(row, unreadable)
        if len(record.cells) < self._columns.width:
            return row
        repaired = list(self._repaired(record.cells, record.line))
        return repaired[0] if len(repaired) == 1 else row

    def _repaired(self, row: Sequence[str], line: int) -> Iterator[MovieRow]:
        """Yield every valid film that results from rejoining adjacent cells split by an unquoted separator."""
        width, separator = self._columns.width, self.table.separator
        filled = max(number for number, cell in enumerate(row, start=1) if cell.strip())
        for total in range(max(filled, width + 1), min(len(row), width + self.spare_cells) + 1):
            surplus = total - width
            for fact in _MAY_HOLD_SEPARATORS:
                if fact not in self._columns.at:
                    continue
                at = self._columns.at[fact]
                whole = separator.join(row[at : at + surplus + 1])
                (parsed,) = self._columns.facts([[*row[:at], whole, *row[at + surplus + 1 : total]]])
                if isinstance(parsed, CellError):
                    continue
                facts, repairs = parsed
                is_valid = not _unreadable(repairs) and cells.look_like_genres(facts["genres"])
                if is_valid and cells.look_like_people((*facts["directors"], *facts["actors"])):
                    reason = f"joined again: an unquoted {_SEPARATOR_NAMES[separator]} had split it in {surplus + 1}"
                    repair = Repair(field=self._columns.labels[fact], value=cells.shortened(whole), reason=reason)
                    yield MovieRow(line=line, repairs=(*repairs, repair), doubtful=(fact,), **facts)

    @classmethod
    def _is_movie(cls, first: Sequence[str]) -> bool:
        columns = Columns(cls.columns, cls.by_position)
        if len(first) - columns.width not in (0, 1):
            return False
        (parsed,) = columns.facts([first])
        if isinstance(parsed, CellError):
            return False
        facts, repairs = parsed
        return not _unreadable(repairs) and cells.look_like_genres(facts["genres"])


_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "::": "double colon"}


def _unreadable(repairs: Sequence[Repair]) -> list[Repair]:
    return [repair for repair in repairs if repair.omitted]


def _unusable(movie: MovieRow, unreadable: Sequence[Repair]) -> RowError:
    first = unreadable[0]
    reason = f"this and {len(unreadable) - 1} more of its cells cannot be read"
    return RowError(line=movie.line, field=first.field, value=first.value, reason=reason)
