from typing import Any

from django.core.management.base import BaseCommand

from movies import search


class Command(BaseCommand):
    help = """Let keyword search find the films that it does not know yet, or knows by what an older version noted.

    Needed after an update that says so; `prepare` does it too. It is safe to run again, also while the service runs."""

    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        search.settle_tiers()  # first, as what is indexed then need not move
        if indexed := search.catch_up():
            self.stdout.write(f"Search has indexed {indexed} films.")
