"""GroupLens' MovieLens: movies.csv with links.csv, or the movies.dat of older editions, which has no header."""

import re
from collections.abc import Mapping, Sequence

from movies.importing.readers import cells
from movies.importing.readers.columns import CellError, Column, Columns, missing
from movies.importing.readers.genres import in_imdbs_words
from movies.importing.readers.reader import Facts, Reader
from movies.importing.readers.rows import Repair
from movies.importing.readers.tables import Table

_LINKS = "links"
_BY_POSITION = ("movieId", "title", "genres")
_YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-\u2013]\s*\d{0,4}\s*)?\)$")  # a series of 2006 to 2007 begins in 2006
_OTHER_TITLE = re.compile(r"(?<!:)(?<!\bOr)\s+\([^()]*(?:\([^()]*\)[^()]*)*\)$")  # not part of the title itself
_ARTICLE_LAST = re.compile(
    r"(.+), (The|An?|Les?|La|L'|Des|Un[ae]?|Uma?|D(?:er|ie|as|en|et)|Eine?|El|L[oa]s|Il|Lo|Gli|I|Os?|As|De|Het|En|Ett?)"
)


def _id(cell: str) -> int:
    number = cells.whole_number(cell)
    if number is None:
        raise ValueError("a film needs its id")
    return number


def _other_id(cell: str) -> int | None:
    return cells.whole_number(cell.strip().removeprefix("tt")) or None


def _genres(cell: str) -> tuple[str, ...]:
    return in_imdbs_words(cells.names(cell, "|"))


def _title_and_year(text: str) -> tuple[str, int | None]:
    """`Postman, The (Postino, Il) (1994)` is The Postman of 1994."""
    year = _YEAR.search(text)
    title = text[: year.start()] if year else text
    while other := _OTHER_TITLE.search(title):
        title = title[: other.start()]
    if not title:
        raise ValueError("a film needs a title")
    if last := _ARTICLE_LAST.fullmatch(title):
        title = f"{last[2]}{'' if last[2].endswith(chr(39)) else ' '}{last[1]}"
    return title, cells.year(year[1]) if year else None


class MovieLens(Reader):
    source = "movielens"
    label = "MovieLens' movies.csv (and links.csv) or movies.dat"
    columns = (
        Column("_id", ("movieid",), _id, identifies=True),
        Column("_title", ("title",), cells.title, identifies=True),
        Column("genres", ("genres",), _genres),
    )
    companions = {
        _LINKS: (
            Column("_id", ("movieid",), _id, identifies=True),
            Column("imdb", ("imdbid",), _other_id),
            Column("tmdb", ("tmdbid",), _other_id),
        )
    }

    def __init__(self, table: Table, companions: Mapping[str, Table]) -> None:
        super().__init__(table, companions)
        self._with_first = bool(missing(self.columns, table.header))
        self._links: dict[int, tuple[Facts, Sequence[Repair]]] | None = None

    @classmethod
    def recognises(cls, table: Table) -> bool:
        return super().recognises(table) or (
            table.separator == "::" and len(table.header) == 3 and table.header[0].isdecimal()
        )

    @classmethod
    def header(cls, table: Table) -> Sequence[str]:
        return _BY_POSITION if missing(cls.columns, table.header) else table.header

    def film(self, facts: Facts) -> Sequence[Repair]:
        number, text = facts.pop("_id"), facts.pop("_title")
        try:
            facts["title"], facts["year"] = _title_and_year(text)
        except ValueError as error:
            raise CellError("title", text, str(error)) from error
        if self._links is None:
            self._links = self._read_links()
        link, repairs = self._links.get(number, ({}, ()))
        ids = [f"movielens:{number}"]
        if link.get("imdb"):
            ids.append(f"imdb:tt{link['imdb']:07d}")
        if link.get("tmdb"):
            ids.append(f"tmdb:{link['tmdb']}")
        facts["ids"] = tuple(ids)
        if _LINKS in self._companions and number not in self._links:
            return (Repair(field="movieId", value=str(number), reason=f"{_LINKS}.csv has no sound row for it"),)
        return repairs

    def _read_links(self) -> dict[int, tuple[Facts, Sequence[Repair]]]:
        """Of all films at once: even the largest edition has fewer than a hundred thousand."""
        found: dict[int, tuple[Facts, Sequence[Repair]]] = {}
        table = self._companions.get(_LINKS)
        if table is None:
            return found
        columns = Columns(self.companions[_LINKS], table.header)
        for record in table.records(width=columns.width + 1):
            if len(record.cells) < columns.width:
                continue
            try:
                facts, repairs = columns.facts(record.cells)
            except CellError:
                continue  # the film it belongs to says so
            found[facts.pop("_id")] = facts, repairs
        return found
