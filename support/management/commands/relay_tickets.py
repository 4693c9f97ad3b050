from typing import Any

from django.core.management.base import BaseCommand

from support import relay


class Command(BaseCommand):
    help = """Publish due tickets to the queue, as the scheduler does every two seconds.

    For use while the scheduler is down. Safe at any time, also concurrently."""

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"published {relay.publish_due()}")
