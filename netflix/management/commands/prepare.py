from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError


class Command(BaseCommand):
    help = """Bring the database up to date and load films: what has to be done once before the service runs.

    Without a CSV the bundled sample is loaded, and only into an empty catalogue. It is safe to run again."""

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", nargs="?", type=Path, help="the data set to load; default: the bundled sample")

    def handle(self, *, csv: Path | None, **options: Any) -> None:
        if csv:
            _refuse_a_bad_file(csv)
        self.stdout.write("Preparing the database ...")
        call_command("migrate", verbosity=0)
        call_command("index_movies", stdout=self.stdout, stderr=self.stderr)
        call_command("import_movies", *([csv] if csv else ["--if-empty"]), stdout=self.stdout, stderr=self.stderr)
        call_command("rebuild_ranking", "--if-needed", stdout=self.stdout, stderr=self.stderr)


def _refuse_a_bad_file(csv: Path) -> None:
    """Before the database is changed, which may take long."""
    try:
        open_dataset(csv)
    except DatasetError as error:
        raise CommandError(str(error)) from error
