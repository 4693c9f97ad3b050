import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from support import selectors


class Command(BaseCommand):
    help = """Tell how technical support is doing: what waits, what was given up, and when a worker was last seen.

    backlog    tickets that have no service order yet, and the age of the oldest of them
    in flight  those of them that are on the queue or with a worker; the others wait for room, or their next attempt
    dead       dead letters: given up after too many attempts; the admin says why, and hands them on again
    heartbeat  how long ago a worker of technical support was last seen

    Ages are in seconds."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("text", "json"), default="text", help="json for programs")

    def handle(self, *, format: str, **options: Any) -> None:  # noqa: A002  # the option's name
        health = selectors.health()
        if format == "json":
            self.stdout.write(json.dumps(asdict(health)))
            return
        self.stdout.write(f"backlog    {health.backlog}{_age(', the oldest {} s', health.oldest)}")
        self.stdout.write(f"in flight  {health.in_flight}")
        self.stdout.write(f"dead       {health.dead}")
        self.stdout.write(f"heartbeat  {_age('{} s ago', health.heartbeat) or 'never'}")


def _age(words: str, seconds: float | None) -> str:
    return "" if seconds is None else words.format(round(seconds, 1))
