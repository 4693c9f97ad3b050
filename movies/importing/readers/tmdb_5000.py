"""Kaggle's "TMDB 5000 Movie Dataset" (tmdb_5000_movies.csv), optionally with tmdb_5000_credits.csv.

Lists are JSON, and zero means unknown. The votes are ignored: they come from TMDB's users, not IMDb's.
"""

from collections.abc import Mapping, Sequence
from math import inf
from sys import intern
from typing import Any, ClassVar

from movies.importing import cells
from movies.importing.readers.columns import Column
from movies.importing.readers.genres import imdb_genres
from movies.importing.readers.literals import objects
from movies.importing.readers.reader import CellValues, Reader
from movies.importing.readers.rows import Repair

_BILLED = 15  # actors to import per film, as many as its page needs


def _names(things: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return unique names. Interned, because the same names occur in many credits."""
    names = (thing.get("name") for thing in things)
    return cells.each_once(intern(cells.name(name)) for name in names if isinstance(name, str))


def _genres(genres: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return imdb_genres(_names(genres))


def _countries(countries: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return cells.usual_countries(_names(countries))


def _year(cell: str) -> int | None:
    """Return the year of a date such as 2009-12-10."""
    return cells.year(cell.strip()[:4]) if cell.strip() else None


def _id(cell: str) -> int:
    number = cells.whole_number(cell)
    if not number:
        raise ValueError("a film needs its id")
    return number


def _revenue(cell: str) -> int | None:
    return cells.revenue_usd(cell) or None


def _cast(credits: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return _names(sorted(credits, key=_place))[:_BILLED]


def _place(credit: Mapping[str, Any]) -> float:
    place = credit.get("order")
    return place if isinstance(place, int | float) else inf


def _directors(credits: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return _names([credit for credit in credits if credit.get("job") == "Director"])


def id_column(*names: str) -> Column:
    return Column("_id", names, _id, identifies=True, repair=None)


PEOPLE = (
    Column("actors", ("cast",), _cast, repair=objects),
    Column("directors", ("crew",), _directors, repair=objects),
)


class Tmdb5000(Reader):
    source = "tmdb-5000"
    label = "Kaggle's tmdb_5000_movies.csv (and tmdb_5000_credits.csv)"
    credits = "tmdb_5000_credits"
    columns: ClassVar[Sequence[Column]] = (
        id_column("id"),
        Column("title", ("title",), identifies=True),
        Column("year", ("release date",), _year, identifies=True, repair=None),
        Column("original_title", ("original title",)),
        Column("original_language", ("original language",), repair=None),
        Column("countries", ("production countries",), _countries, repair=objects),
        Column("release_date", ("release date",), repair=None),
        Column("genres", ("genres",), _genres, repair=objects),
        Column("description", ("overview",)),
        Column("runtime_minutes", ("runtime",), cells.known_runtime_minutes, repair=None),
        Column("revenue_usd", ("revenue",), _revenue, repair=None),
    )
    may_lack: ClassVar = frozenset({"original_title", "original_language", "countries"})
    companions: ClassVar[Mapping[str, Sequence[Column]]] = {credits: (id_column("movie id"), *PEOPLE)}

    def movie(self, facts: CellValues) -> Sequence[Repair]:
        number = facts.pop("_id")
        facts["ids"] = (f"tmdb:{number}",)
        credits, repairs = self.companion_facts(self.credits, number, "id")
        facts.update(credits)
        return repairs
