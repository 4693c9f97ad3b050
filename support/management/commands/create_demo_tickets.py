from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from support import demo


class Command(BaseCommand):
    help = """Open a few tickets of the login `demo`, in every state, answered by `admin`.

    Run create_demo_logins first. Nothing happens if there are tickets already."""

    def handle(self, **options: Any) -> None:
        people = {
            user.username.lower(): user.pk
            for user in get_user_model().objects.filter(username__iregex="^(demo|admin)$")
        }
        if len(people) < 2:
            self.stdout.write("The logins demo and admin are not there: no tickets. See create_demo_logins.")
            return
        tickets = demo.create_tickets(user_id=people["demo"], agent_id=people["admin"])
        if tickets:
            self.stdout.write(f"Opened {tickets} tickets of demo, in every state.")
