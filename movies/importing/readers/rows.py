"""The types that every reader yields, and the errors it raises."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field

from movies.importing.facts import Facts


class DatasetError(Exception):
    """The file as a whole cannot be read; the message is shown to the user."""


class DamagedFile(DatasetError):
    """The file is corrupt, incomplete or not a regular file. It must not be skipped when a folder is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A cell that was repaired, or left out because it could not be parsed."""

    field: str  # label of the column
    value: str  # the original cell, shortened
    reason: str
    omitted: bool = dataclass_field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieRow(Facts):
    """One film of a file."""

    line: int  # where the row starts in the file; the first line is 1
    ids: tuple[str, ...] = ()  # such as imdb:tt0113277; the data set's own id comes first
    repairs: tuple[Repair, ...] = ()  # empty for an intact row
    doubtful: tuple[str, ...] = ()  # facts whose values are guesses, used only where no other value exists


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """A row that is rejected, and the reason. It is never stored."""

    line: int
    field: str  # label of the column at fault; empty for the row as a whole
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAMovie:
    """A valid row that is not a film, such as a series."""

    line: int
    kind: str  # the type of title, as the file names it


Row = MovieRow | RowError | NotAMovie
