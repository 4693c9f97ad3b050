import shutil
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from movies import selectors
from movies.importing import cells, runs, undoing
from movies.importing.readers import READERS, Dataset, open_dataset
from movies.importing.readers.rows import DatasetError, Row
from movies.importing.report import CannotReport, Problem, problem_file, problems_of
from movies.importing.run import import_rows, refresh_derived
from movies.models import ImportRun

_RESUME = "Batches that were complete are kept; run it again to continue."
_SHOWN_EVERY = 500  # rows between updates of the progress bar
SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "movies.csv"

EXPLANATION = """\
Load the films of a data set into the catalogue.

A data set is a file, a folder or a zip archive; files may be compressed with gzip. Its format
is found by its header. Without a PATH the sample that comes with the project is loaded.

Run it as often as you like: films that exist already are updated, never duplicated, and an empty
cell never erases a stored fact. A row that would change what staff have edited or removed does
not change it, and is counted as kept. If the import is interrupted, complete batches are kept:
run it again to continue.

A cell that cannot be read is left out, and its row is counted as repaired. A row that does not
say which film it is about is skipped. Both are listed. Rows that are not films, such as series,
are skipped too, and counted by type. After 10,000 consecutive unusable rows the import fails.
"""
FORMATS = "\n".join(f"  {name:<18} {reader.label}" for name, reader in READERS.items())
EXAMPLES = f"""\
formats:
{FORMATS}

examples:
  manage.py import_movies                                   the bundled sample
  manage.py import_movies IMDB-Movie-Data.csv --dry-run     what would happen?
  MAX_MOVIES=10 manage.py import_movies IMDB-Movie-Data.csv the first ten films
  manage.py import_movies ml-latest-small.zip               MovieLens, as it is downloaded
  manage.py import_movies imdb/ --report problems.csv       IMDb's TSV files, and what is wrong with them
"""


def movie_count(text: str) -> int:
    if not text.isdecimal() or not text.strip("0"):
        raise ArgumentTypeError(f"{text!r} is not a number of films. Give a whole number from 1 up.")
    return int(text)


class Command(BaseCommand):
    help = EXPLANATION

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="*", type=Path, metavar="PATH", default=[SAMPLE], help="the data set; default: the sample"
        )
        parser.add_argument(
            "--format", choices=READERS, default="", help="which data set it is; default: what its header says"
        )
        parser.add_argument(
            "--title-type",
            action="append",
            metavar="TYPE",
            help="of IMDb's titles those of this type, such as tvMovie; may be repeated; default: movie",
        )
        parser.add_argument(
            "--max-movies",
            type=movie_count,
            metavar="N",
            default=settings.MAX_MOVIES,
            help="stop after N films; default: the MAX_MOVIES environment variable, else all",
        )
        parser.add_argument("--dry-run", action="store_true", help="report everything, write nothing; blocks nobody")
        parser.add_argument(
            "--strict", action="store_true", help="read it all first, and write nothing if anything is wrong with it"
        )
        parser.add_argument(
            "--report",
            type=Path,
            metavar="FILE.csv",
            help="write every repaired cell and every row that cannot be used, up to 100,000, to this file",
        )
        parser.add_argument(
            "--undo", type=int, metavar="RUN", help="undo what this import did; the admin lists all imports"
        )
        parser.add_argument(
            "--if-empty", action="store_true",
            help="if the catalogue has films already, import nothing, only refresh search and rankings",
        )  # fmt: skip

    def handle(self, *, paths: list[Path], if_empty: bool, undo: int | None, **options: Any) -> None:
        if undo is not None:
            self._undo(undo)
            return
        if if_empty and selectors.movies().exists():
            runs.mark_interrupted()
            refresh_derived()
            self.stdout.write("The catalogue has films already; they are kept as they are.")
            return
        try:
            self._import(paths, **options)
        except (DatasetError, CannotReport) as error:
            raise CommandError(str(error)) from error
        except (KeyboardInterrupt, runs.Cancelled) as error:
            raise CommandError(f"Stopped. {_RESUME}") from error
        except DatabaseError as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise CommandError(f"The database failed: {lines[0]}. {_RESUME}") from error

    def _import(
        self,
        paths: list[Path],
        *,
        format: str,  # noqa: A002  # the option's name
        title_type: list[str] | None,
        max_movies: int | None,
        dry_run: bool,
        strict: bool,
        report: Path | None,
        **options: Any,
    ) -> None:
        """Raises DatasetError, CommandError."""
        dataset = open_dataset(*paths, source=format, title_types=title_type or ())
        if title_type and dataset.source != "imdb":
            raise CommandError(f"--title-type is about IMDb's TSV files; {dataset.file.name} is {dataset.label}.")
        names = [file.name for file in (dataset.file, *dataset.companions)]
        self.stdout.write(f"Reading {', '.join(names)}{' (dry run: nothing is written)' if dry_run else ''} ...")
        if strict:
            self._check(dataset)
        with _report_file(report, dataset) as on_problem, self._progress(dataset, "Importing") as progress:
            rows = _with_progress(dataset, progress)
            if dry_run:
                done = import_rows(
                    rows, source=dataset.source, max_movies=max_movies, dry_run=True, on_problem=on_problem
                )
            else:
                run = ImportRun(file_name=cells.shortened(", ".join(names), 255))
                done = runs.import_dataset(
                    dataset, rows, run=run, max_movies=max_movies, on_problem=on_problem,
                    on_wait=self._announce_wait,
                )  # fmt: skip
        for line in done.in_words():
            self.stdout.write(line)
        if not done.stored:
            raise CommandError(f"Nothing could be imported from {dataset.file.name}.")

    def _undo(self, run_id: int) -> None:
        """Raises CommandError."""
        try:
            done = undoing.undo(run_id, on_wait=self._announce_wait)
        except undoing.CannotUndo as error:
            raise CommandError(str(error)) from error
        for line in done.in_words():
            self.stdout.write(line)

    def _announce_wait(self) -> None:
        self.stdout.write("Another import is running. Waiting for it to finish ...")

    def _check(self, dataset: Dataset) -> None:
        """Raises CommandError at the first problem in the data set."""
        with self._progress(dataset, "Checking") as progress:
            for row in _with_progress(dataset, progress):
                for problem in problems_of(row):
                    where = f"{problem.field} {problem.value!r}: " if problem.field else ""
                    raise CommandError(
                        f"Line {problem.line} would be {problem.row}: {where}{problem.reason}. Nothing was written."
                    )

    def _progress(self, dataset: Dataset, what: str) -> "tqdm[Any]":
        """A progress bar in bytes; hidden unless the output is a terminal."""
        # Django's own `stderr` would make each update a red line of its own.
        plain = SimpleNamespace(
            write=partial(self.stderr.write, style_func=str, ending=""), flush=self.stderr.flush,
            isatty=self.stderr.isatty, encoding="utf-8",
        )  # fmt: skip
        columns = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and each update begin a new one
        return tqdm(
            total=dataset.size, unit="B", unit_scale=True, disable=None, leave=False, file=plain, desc=what,
            ncols=columns,
        )  # fmt: skip


@contextmanager
def _report_file(path: Path | None, dataset: Dataset) -> Iterator[Callable[[Problem], object]]:
    """Yield a function that writes problems to the file, if any. Raises CommandError, CannotReport."""
    if path is None:
        yield lambda _: None
        return
    if any(_is_same_file(path, file.path) for file in (dataset.file, *dataset.companions)):
        raise CommandError(f"The report would overwrite {path}, which is to be imported. Give it another name.")
    with problem_file(path) as write:
        yield write


def _is_same_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # does not exist yet; other errors show when it is opened
        return False


def _with_progress(dataset: Dataset, progress: "tqdm[Any]") -> Iterator[Row]:
    """Yield the rows and update the progress bar with their count and rate."""
    for number, row in enumerate(dataset.rows(), start=1):
        if not (progress.disable or number % _SHOWN_EVERY):
            speed = number / progress.format_dict["elapsed"]
            progress.set_postfix_str(f"{number:,} rows, {speed:,.0f}/s", refresh=False)
        progress.update(dataset.position() - progress.n)
        yield row
