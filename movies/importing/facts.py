"""The facts of a film: the dataclass `Facts`, from which staging, storing, merging, provenance and undo are made.

A new fact is a line here, a field of the model with its migration, and a `Column` of the readers that have it. For the
API it also stands in `movies/statements.py`, `movies/serializers.py` and `services.MovieFacts`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, get_type_hints

from movies import limits
from movies.importing import cells


@dataclass(frozen=True, slots=True)
class Fact:
    sql: str  # its type in the staging table; text and lists are empty if absent, everything else is null
    cell: Callable[[str], Any]  # parses a cell, where the data set has no notation of its own
    is_column: bool = True  # of the film; else rows of other tables
    role: str = ""  # of its people
    preferred_sources: tuple[str, ...] = ()  # data sets to believe before those of `precedence`, best first

    @property
    def absent(self) -> str | None:
        """SQL literal: the staging table's value of an absent fact; None for null."""
        return {"text": "''", "text[]": "'{}'"}.get(self.sql)

    @property
    def empty(self) -> Any:
        """The model's value of an absent fact."""
        return {"text": "", "text[]": []}.get(self.sql)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a data set can say about a film. Missing numbers are None, missing texts and lists empty."""

    title: Annotated[str, Fact("text", cells.title)]
    year: Annotated[int | None, Fact("smallint", cells.year)]
    description: Annotated[str, Fact("text", cells.description)] = ""
    # netflix-titles has American certificates, the top 1000 Indian ones.
    certificate: Annotated[
        str, Fact("text", cells.certificate, preferred_sources=("netflix-titles", "imdb-top-1000"))
    ] = ""
    runtime_minutes: Annotated[int | None, Fact("smallint", cells.runtime_minutes)] = None
    imdb_rating: Annotated[Decimal | None, Fact("numeric", cells.rating)] = None  # 0 to 10
    imdb_votes: Annotated[int | None, Fact("integer", cells.votes)] = None
    revenue_usd: Annotated[int | None, Fact("bigint", cells.revenue_usd)] = None
    metascore: Annotated[int | None, Fact("smallint", cells.metascore)] = None  # 0 to 100
    original_title: Annotated[str, Fact("text", cells.at_most(limits.TITLE_LENGTH))] = ""
    original_language: Annotated[str, Fact("text", cells.language)] = ""
    countries: Annotated[tuple[str, ...], Fact("text[]", cells.countries)] = ()
    poster: Annotated[str, Fact("text", cells.url)] = ""
    release_date: Annotated[date | None, Fact("date", cells.day)] = None
    genres: Annotated[tuple[str, ...], Fact("text[]", cells.names, is_column=False)] = ()
    # The data sets in `preferred_sources` have all directors; two others have only the first.
    directors: Annotated[
        tuple[str, ...],
        Fact(
            "text[]",
            cells.names,
            is_column=False,
            role="director",
            preferred_sources=("imdb", "tmdb-5000", "the-movies-dataset"),
        ),
    ] = ()
    # In billing order. The data sets in `preferred_sources` have longer casts than the others.
    actors: Annotated[
        tuple[str, ...],
        Fact("text[]", cells.names, is_column=False, role="cast",
             preferred_sources=("tmdb-5000", "the-movies-dataset", "netflix-titles")),
    ] = ()  # fmt: skip


FACTS: dict[str, Fact] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Facts, include_extras=True).items()
}
COLUMNS = tuple(name for name, fact in FACTS.items() if fact.is_column)
ROLES = {name: fact.role for name, fact in FACTS.items() if fact.role}
LINKS = tuple(name for name, fact in FACTS.items() if not fact.is_column)
