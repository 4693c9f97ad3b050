"""GroupLens' MovieLens: movies.csv with links.csv, or the movies.dat of older editions, which has no header."""

import re
from collections.abc import Sequence

from movies.importing import cells
from movies.importing.readers.columns import CellError, Column
from movies.importing.readers.genres import imdb_genres
from movies.importing.readers.ids import format_ids, optional_id, required_id
from movies.importing.readers.lists import names_between
from movies.importing.readers.reader import CellValues, Reader
from movies.importing.readers.rows import Repair
from movies.importing.readers.tables import Table

_LINKS = "links"
_YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-\u2013]\s*\d{0,4}\s*)?\)$")  # (2006-2007) counts as 2006
_OTHER_TITLE = re.compile(r"(?<!:)(?<!\bOr)\s+\([^()]*(?:\([^()]*\)[^()]*)*\)$")  # alternative titles at the end
_ARTICLE_LAST = re.compile(
    r"(.+), (The|An?|Les?|La|L'|Des|Un[ae]?|Uma?|D(?:er|ie|as|en|et)|Eine?|El|L[oa]s|Il|Lo|Gli|I|Os?|As|De|Het|En|Ett?)"
)


def _genres(cell: str) -> tuple[str, ...]:
    return imdb_genres(cells.names(cell, "|"))


def _title_and_year(text: str) -> tuple[str, int | None]:
    """Parse `Postman, The (Postino, Il) (1994)` to The Postman and 1994. Raises ValueError."""
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
        Column("_id", ("movieid",), required_id, identifies=True, repair=None),
        Column("_title", ("title",), cells.title, identifies=True),
        Column("genres", ("genres",), _genres, repair=names_between("|", others=",;/")),
    )
    by_position = ("movieId", "title", "genres")
    companions = {
        _LINKS: (
            Column("_id", ("movieid",), required_id, identifies=True, repair=None),
            Column("imdb", ("imdbid",), optional_id, repair=None),
            Column("tmdb", ("tmdbid",), optional_id, repair=None),
        )
    }

    @classmethod
    def recognises(cls, table: Table) -> bool:
        return super().recognises(table) or (
            table.separator == "::" and len(table.header) == 3 and table.header[0].isdecimal()
        )

    def movie(self, facts: CellValues) -> Sequence[Repair]:
        number, text = facts.pop("_id"), facts.pop("_title")
        try:
            facts["title"], facts["year"] = _title_and_year(text)
        except ValueError as error:
            raise CellError("title", text, str(error)) from error
        link, repairs = self.companion_facts(_LINKS, number, "movieId")
        facts["ids"] = tuple(format_ids(movielens=number, imdb=link.get("imdb"), tmdb=link.get("tmdb")))
        return repairs
