"""Kaggle's "Netflix Movies and TV Shows" (netflix_titles.csv); the shows are skipped."""

import re
from collections.abc import Sequence

from movies.importing import cells
from movies.importing.readers.columns import Column
from movies.importing.readers.genres import imdb_genres
from movies.importing.readers.lists import names_between
from movies.importing.readers.reader import CellValues, Reader
from movies.importing.readers.rows import Repair

_NAMES = names_between(",", others="|;")  # not the slash: category names may contain it
_DURATION = re.compile(r"[0-9]+ (min|seasons?)", re.IGNORECASE)
_CERTIFICATE = re.compile(r"[A-Z][A-Z0-9+-]{0,8}")


class NetflixTitles(Reader):
    """In some copies, three films have the duration in the certificate column, and no duration."""

    source = "netflix-titles"
    label = "Kaggle's netflix_titles.csv"
    columns = (
        Column("_type", ("type",), cells.text, identifies=True, repair=None),
        Column("title", ("title",), identifies=True),
        Column("directors", ("director",), repair=_NAMES),
        Column("actors", ("cast",), repair=_NAMES),
        Column("countries", ("country",), repair=_NAMES),
        Column("year", ("release year",), identifies=True, repair=None),
        Column("certificate", ("rating",)),
        Column("_duration", ("duration",), cells.text, repair=None),
        Column("genres", ("listed in",), repair=_NAMES),
        Column("description", ("description",)),
    )
    may_lack = frozenset({"countries", "description"})

    def movie(self, facts: CellValues) -> Sequence[Repair] | str:
        kind, duration = facts.pop("_type"), facts.pop("_duration", "")
        if kind.casefold() != "movie":
            return kind or "something without a type"
        repairs = []
        certificate = facts.get("certificate", "")
        if _DURATION.fullmatch(certificate):
            if _DURATION.fullmatch(duration):
                facts["certificate"], reason = "", "left out: it is not a certificate"
            else:
                facts["certificate"] = duration if _CERTIFICATE.fullmatch(duration) else ""
                duration, reason = certificate, f"swapped with the duration, which is {duration!r}"
            repairs.append(Repair(field="rating", value=certificate, reason=reason))
        try:
            facts["runtime_minutes"] = cells.runtime_minutes(duration)
        except ValueError as error:
            repairs.append(Repair(field="duration", value=cells.shortened(duration), reason=f"left out: {error}"))
        facts["genres"] = imdb_genres(facts.get("genres", ()))
        return repairs
