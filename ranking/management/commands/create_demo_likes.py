from typing import Any

from django.core.management.base import BaseCommand

from ranking import demo

_VIEWERS = 25


class Command(BaseCommand):
    help = """Let a few made-up viewers like films, so that the rankings have something to show at the first look.

    They cannot log in. Nothing happens if anybody likes anything already."""

    def handle(self, **options: Any) -> None:
        likes = demo.create_likes(viewers=_VIEWERS)
        if likes:
            self.stdout.write(f"Made up {_VIEWERS} viewers and {likes} likes of theirs.")
