import os
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from movies import selectors
from movies.importing.readers import Dataset, open_dataset
from movies.importing.readers.rows import DatasetError, MovieRow, RowError
from movies.importing.run import ImportReport, import_rows, settle

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "movies.csv"

EXPLANATION = """\
Load the films of a CSV file into the catalogue.

The file is Kaggle's "IMDB data from 2006 to 2016" (IMDB-Movie-Data.csv) or any file with
the same columns. Without a PATH the sample that comes with the project is loaded.

Run it as often as you like: films that are there already are updated, never doubled,
and what the file does not say never erases what is known. What a person has edited or
removed stays as they want it, and is counted as kept. If it is interrupted, whole batches
are kept: run it again to go on.
"""
EXAMPLES = """\
examples:
  manage.py import_movies                                   the bundled sample
  manage.py import_movies IMDB-Movie-Data.csv --dry-run     what would happen?
  MAX_MOVIES=10 manage.py import_movies IMDB-Movie-Data.csv the first ten films
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
        parser.add_argument("path", nargs="?", type=Path, default=SAMPLE, help="the CSV file; default: the sample")
        parser.add_argument(
            "--max-movies",
            type=movie_count,
            metavar="N",
            help="stop after N films; default: the MAX_MOVIES environment variable, else all",
        )
        parser.add_argument("--dry-run", action="store_true", help="report everything, write nothing")

        parser.add_argument("--if-empty", action="store_true", help="do nothing if the catalogue has films already")

    def handle(self, *, path: Path, max_movies: int | None, dry_run: bool, if_empty: bool, **options: Any) -> None:
        if if_empty and selectors.movies().exists():
            settle()
            self.stdout.write("The catalogue has films already; they are kept as they are.")
            return
        if max_movies is None and os.environ.get("MAX_MOVIES"):
            try:
                max_movies = movie_count(os.environ["MAX_MOVIES"])
            except ArgumentTypeError as error:
                raise CommandError(f"MAX_MOVIES: {error}") from error
        try:
            dataset = open_dataset(path)
            self.stdout.write(f"Reading {path.name}{' (dry run: nothing is written)' if dry_run else ''} ...")
            with self._progress(dataset) as progress:
                report = import_rows(
                    _shown(dataset, progress),
                    source=dataset.source,
                    max_movies=max_movies,
                    dry_run=dry_run,
                    on_wait=lambda: self.stdout.write("Another import is running. Waiting for it to finish ..."),
                )
        except DatasetError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped. Batches that were complete are kept; run it again to go on.") from error
        self._print(report)
        if not report.stored:
            raise CommandError(f"Nothing could be imported from {path.name}.")

    def _progress(self, dataset: Dataset) -> "tqdm[Any]":
        """A bar that fills with the file's bytes, on a terminal only."""
        return tqdm(
            total=dataset.size,
            unit="B",
            unit_scale=True,
            disable=None,
            leave=False,
            file=self.stderr,
            desc="Importing",
        )

    def _print(self, report: ImportReport) -> None:
        for row in report.problems:
            self.stdout.write(_in_words(row))
        unlisted = report.repaired + report.skipped - len(report.problems)
        if unlisted:
            self.stdout.write(f"... and {unlisted} more rows that were repaired or skipped.")
        self.stdout.write(
            f"created {report.created}, updated {report.updated}, unchanged {report.unchanged}, kept {report.kept}, "
            f"repaired {report.repaired}, skipped {report.skipped}"
        )


def _shown(dataset: Dataset, progress: "tqdm[Any]") -> Iterator[MovieRow | RowError]:
    for row in dataset.rows():
        progress.update(dataset.position() - progress.n)
        yield row


def _in_words(row: MovieRow | RowError) -> str:
    if isinstance(row, MovieRow):
        return f"line {row.line}: repaired {row.title!r}: {row.repair}"
    where = f"{row.field} {row.value!r}: " if row.field else ""
    return f"line {row.line}: skipped: {where}{row.reason}"
