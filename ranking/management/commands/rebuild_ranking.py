from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from ranking import selectors, services


class Command(BaseCommand):
    help = """Recompute every ranking from likes and films, and report how many rows had drifted, which should be none.

    Safe at any time, also while people like films. Run it after you change TRENDING_HALF_LIFE_HOURS."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-needed", action="store_true", help="do nothing if the rankings were made with the current settings"
        )

    def handle(self, *, if_needed: bool, **options: Any) -> None:
        if if_needed and selectors.stored_half_lives_are_current():
            return
        with tqdm(unit=" films", disable=None, leave=False, file=self.stderr, desc="Ranking") as progress:
            result = services.rebuild(progress.update)
        if result.parameters_changed:
            self.stdout.write("The catalogue's mean rating, votes or half-lives have changed: every score follows.")
        self.stdout.write(f"films {result.movies}, drift {result.drift}")
