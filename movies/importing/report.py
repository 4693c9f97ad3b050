"""The report of an import, for the terminal and as a file."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from movies.importing import cells
from movies.importing.readers.rows import DatasetError, MovieRow, NotAMovie, Row, RowError

_MAX_PROBLEMS = 1000  # bounds the memory for files with many bad rows
MAX_WRITTEN = 100_000  # to a file: about ten megabytes
_MAX_KINDS = 100  # of rows that are not films; data sets have about a dozen
_OTHER_KINDS = "of other kinds"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


COUNTS = ("created", "updated", "unchanged", "merged", "kept", "repaired", "skipped")


class Problem(NamedTuple):
    """An invalid cell or row."""

    line: int
    row: str  # "repaired" or "skipped"
    field: str
    value: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """Counts of rows: created + updated + unchanged + merged + kept + skipped is the number of rows read.

    Repaired rows are among them. Merged rows revealed that two films are duplicates. Kept rows changed nothing, because
    staff edited or removed the film, or another row of this data set already describes it.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    kept: int = 0
    repaired: int = 0
    skipped: int = 0
    not_movies: Counter[str] = field(default_factory=Counter)  # skipped rows that are not films, by kind
    problems: list[Problem] = field(default_factory=list)  # the first 1,000
    problem_count: int = 0

    def count_row(self, row: Row) -> list[Problem]:
        """Count a row as skipped or repaired; return its problems. `store` counts the other outcomes."""
        if isinstance(row, NotAMovie):
            kind = cells.shortened(row.kind)
            has_room = kind in self.not_movies or len(self.not_movies) < _MAX_KINDS
            self.not_movies[kind if has_room else _OTHER_KINDS] += 1
        self.skipped += not isinstance(row, MovieRow)
        problems = list(map(_storable, problems_of(row)))
        self.repaired += bool(problems) and isinstance(row, MovieRow)
        self.problem_count += len(problems)
        self.problems += problems[: max(_MAX_PROBLEMS - len(self.problems), 0)]
        return problems

    def add(self, counts: Mapping[str, int]) -> None:
        """Add the counts of a batch that was stored."""
        for name, rows in counts.items():
            setattr(self, name, getattr(self, name) + rows)

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS}

    @property
    def stored(self) -> int:
        return self.created + self.updated + self.unchanged + self.merged + self.kept

    def in_words(self) -> Iterator[str]:
        """Yield lines: a table of the problems, then the counts."""
        if self.problems:
            yield from _table(self.problems)
            if unlisted := self.problem_count - len(self.problems):
                yield f"... and {unlisted} more; --report FILE.csv writes the first {MAX_WRITTEN:,}."
        merged = f"merged {self.merged}, " if self.merged else ""
        yield (
            f"created {self.created}, updated {self.updated}, unchanged {self.unchanged}, {merged}kept {self.kept}, "
            f"repaired {self.repaired}, skipped {self.skipped}"
        )
        if self.not_movies:
            kinds = ", ".join(f"{count} {kind}" for kind, count in self.not_movies.most_common(10))
            yield f"Skipped because they are not films: {kinds}."


def problems_of(row: Row) -> list[Problem]:
    if isinstance(row, RowError):
        return [Problem(row.line, "skipped", row.field, row.value, row.reason)]
    if isinstance(row, MovieRow):
        return [Problem(row.line, "repaired", repair.field, repair.value, repair.reason) for repair in row.repairs]
    return []


def _storable(problem: Problem) -> Problem:
    """Shorten the texts and replace characters that PostgreSQL's JSON cannot store. `field` is a column's header."""
    field, value = (_UNSTORABLE.sub("\ufffd", cells.shortened(text)) for text in (problem.field, problem.value))
    return problem._replace(field=field, value=value)


class CannotReport(Exception):
    """The message can be shown to users."""


@contextmanager
def problem_file(path: Path) -> Iterator[Callable[[Problem], None]]:
    """Open a CSV file and yield a function that writes a problem to it. Raises CannotReport.

    Only the first 100,000 problems are written. The last lines give the reason if reading stopped early, and the number
    of unlisted problems.
    """
    with _translating_errors(path):
        file = path.open("w", encoding="utf-8", newline="")
    count = 0

    def write_limited(problem: Problem) -> None:
        nonlocal count
        count += 1
        if count <= MAX_WRITTEN:
            write(problem)

    write = partial(_write, csv.writer(file), path)
    write(Problem._fields)
    try:
        yield write_limited
    except DatasetError as error:
        write(("", "stopped", "", "", error))
        raise
    finally:
        if count > MAX_WRITTEN:
            write(("", "unlisted", "", "", f"{count - MAX_WRITTEN} more problems"))
        with _translating_errors(path):
            file.close()


def _write(writer: Any, path: Path, row: Iterable[object]) -> None:
    """Raises CannotReport."""
    with _translating_errors(path):
        writer.writerow(cells.without_formula(str(cell)) for cell in row)


@contextmanager
def _translating_errors(path: Path) -> Iterator[None]:
    """Within the block, an OSError becomes a CannotReport."""
    try:
        yield
    except OSError as error:
        raise CannotReport(f"The report cannot be written to {path}: {error.strerror}.") from error


def _table(problems: list[Problem]) -> Iterator[str]:
    rows = [Problem._fields, *([str(cell) for cell in problem] for problem in problems)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(Problem._fields) - 1)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
