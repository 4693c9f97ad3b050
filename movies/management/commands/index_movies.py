from typing import Any

from django.core.management.base import BaseCommand

from movies import search


class Command(BaseCommand):
    help = """Index films for keyword search that are not indexed yet, or were indexed by an older version.

    Needed after an update that says so; `prepare` does it too. Safe to run again, also while the service runs."""

    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        search.rebalance_tiers()  # first, so that films are indexed in their final tier
        if indexed := search.update_index():
            self.stdout.write(f"Search has indexed {indexed} films.")
