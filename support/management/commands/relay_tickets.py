from typing import Any

from django.core.management.base import BaseCommand

from support import relay


class Command(BaseCommand):
    help = """Put tickets on the queue that are due and not there: what the scheduler has a worker do every two seconds.

    For when the scheduler is down. It is safe at any time, and beside others that do the same."""

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"published {relay.publish_due()}")
