"""What every data set reader yields, whatever the file format."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal


class DatasetError(Exception):
    """The file as a whole cannot be read; the message is one sentence for a person."""


class DamagedFile(DatasetError):
    """It would be more than what can be read of it: a half of a download, or an archive that is no good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was mended in a row, or which of its cells could not be read and is left out."""

    field: str  # the column
    value: str  # what the file has there, shortened
    reason: str
    left_out: bool = dataclass_field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieRow:
    """One film as a file tells it. Absent numbers are None, absent texts are empty."""

    line: int  # where the row starts in the file; the first line is 1
    title: str
    year: int | None
    ids: tuple[str, ...] = ()  # such as imdb:tt0113277; the data set's own first
    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()  # in billing order
    description: str = ""
    certificate: str = ""
    runtime_minutes: int | None = None
    imdb_rating: Decimal | None = None  # 0 to 10
    imdb_votes: int | None = None
    revenue_usd: int | None = None
    metascore: int | None = None  # 0 to 100
    repairs: tuple[Repair, ...] = ()  # none for an intact row
    doubtful: tuple[str, ...] = ()  # the fields above that were mended: better than nothing, and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """A row that cannot be trusted, and why. It is never stored."""

    line: int
    field: str  # the column at fault, or empty when it is the row as a whole
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A sound row that is no film, such as a series."""

    line: int
    kind: str  # what it is instead, in the file's words


Row = MovieRow | RowError | LeftOut
