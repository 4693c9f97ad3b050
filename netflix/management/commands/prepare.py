from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from netflix.management import preparation


class Command(BaseCommand):
    help = """Bring the database up to date and load films: what has to be done once before the service runs.

    Without a CSV the bundled sample is loaded, and only into an empty catalogue. It is safe to run again; of several
    that run at once, one works and the others wait for it."""

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", nargs="?", type=Path, help="the data set to load; default: the bundled sample")
        parser.add_argument(
            "--new-secret-key", action="store_true", help="SECRET_KEY was changed on purpose: stop warning of that"
        )

    def handle(self, *, csv: Path | None, new_secret_key: bool, **options: Any) -> None:
        preparation.check_file(csv)
        with preparation.one_at_a_time(self.stdout):
            preparation.prepare(csv, is_new_key=new_secret_key, stdout=self.stdout, stderr=self.stderr)
