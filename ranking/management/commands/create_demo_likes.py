from typing import Any

from django.core.management.base import BaseCommand

from ranking import demo

_VIEWERS = 25


class Command(BaseCommand):
    help = """Create a few demo viewers who like films, so that the rankings are not empty.

    They cannot log in. Does nothing if there are likes already."""

    def handle(self, **options: Any) -> None:
        likes = demo.create_likes(viewers=_VIEWERS)
        if likes:
            self.stdout.write(f"Made up {_VIEWERS} viewers and {likes} likes of theirs.")
