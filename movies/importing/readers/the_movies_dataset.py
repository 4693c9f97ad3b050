"""Kaggle's "The Movies Dataset" (movies_metadata.csv), optionally with its credits.csv and links.csv.

It has the columns of TMDB 5000 and IMDb ids. Its lists are Python literals: [{'id': 18, 'name': 'Drama'}].
"""

from collections.abc import Sequence

from movies.importing.readers.columns import Column
from movies.importing.readers.ids import format_ids, optional_id
from movies.importing.readers.reader import CellValues
from movies.importing.readers.rows import Repair
from movies.importing.readers.tmdb_5000 import PEOPLE, Tmdb5000, id_column

_LINKS = "links"


class TheMoviesDataset(Tmdb5000):
    source = "the-movies-dataset"
    label = "Kaggle's movies_metadata.csv (and credits.csv, links.csv)"
    credits = "credits"
    columns = (*Tmdb5000.columns, Column("_imdb", ("imdb id",), optional_id, repair=None))
    companions = {
        credits: (id_column("id"), *PEOPLE),
        _LINKS: (
            id_column("tmdbid"),
            Column("imdb", ("imdbid",), optional_id, repair=None),
            Column("movielens", ("movieid",), optional_id, repair=None),
        ),
    }

    def movie(self, facts: CellValues) -> Sequence[Repair]:
        number, imdb = facts["_id"], facts.pop("_imdb", None)
        repairs = super().movie(facts)
        link, unreadable = self.companion_facts(_LINKS, number)
        more = format_ids(imdb=imdb or link.get("imdb"), movielens=link.get("movielens"))
        facts["ids"] = (*facts["ids"], *more)
        return (*repairs, *unreadable)
