"""Kaggle's "IMDB Movies Dataset" of the thousand best rated films (imdb_top_1000.csv)."""

from collections.abc import Sequence

from movies.importing import cells
from movies.importing.readers.columns import Column
from movies.importing.readers.lists import names_between
from movies.importing.readers.reader import CellValues, Reader
from movies.importing.readers.rows import Repair

_STARS = ("_star1", "_star2", "_star3", "_star4")
_GENRES, _PEOPLE = names_between(",", others="|;/"), names_between(",", others="|;")


class ImdbTop1000(Reader):
    source = "imdb-top-1000"
    label = "Kaggle's imdb_top_1000.csv"
    columns = (
        Column("poster", ("poster link",)),
        Column("title", ("series title",), identifies=True),
        Column("year", ("released year",), identifies=True, number=True),
        Column("certificate", ("certificate",)),
        Column("runtime_minutes", ("runtime",), number=True),
        Column("genres", ("genre",), repair=_GENRES),
        Column("imdb_rating", ("imdb rating",), number=True),
        Column("description", ("overview",)),
        Column("metascore", ("meta score",), number=True),
        Column("directors", ("director",), repair=_PEOPLE),
        *(Column(star, (star.removeprefix("_"),), cells.names, repair=_PEOPLE) for star in _STARS),
        Column("imdb_votes", ("no of votes",), number=True),
        Column("revenue_usd", ("gross",), number=True),
    )
    may_lack = frozenset({"poster", "certificate", "description", "metascore", "revenue_usd"})

    def movie(self, facts: CellValues) -> Sequence[Repair]:
        facts["actors"] = cells.each_once(name for star in _STARS for name in facts.pop(star, ()))
        return ()
