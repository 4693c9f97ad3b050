from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from support import demo


class Command(BaseCommand):
    help = """Open a few tickets of the login `demo`, in every state, answered by `admin`.

    Run create_demo_logins first. Nothing happens if there are tickets already."""

    def handle(self, **options: Any) -> None:
        people = dict(get_user_model().objects.filter(username__in=("demo", "admin")).values_list("username", "pk"))
        if len(people) < 2:
            raise CommandError("The logins demo and admin are not there. Run create_demo_logins first.")
        tickets = demo.create_tickets(user_id=people["demo"], agent_id=people["admin"])
        if tickets:
            self.stdout.write(f"Opened {tickets} tickets of demo, in every state.")
