from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from netflix.accounts.services import ensure_account
from netflix.secrets import installation_secret


class Command(BaseCommand):
    help = """Create the demo logins `admin` and `demo`, with random passwords that are kept in the data folder.

    Logins that exist are left as they are."""

    def handle(self, **options: Any) -> str:
        lines = ["  Demo logins"]
        for username, is_admin, role in (("admin", True, "runs everything"), ("demo", False, "a viewer")):
            password = installation_secret(settings.DATA_DIR, f"{username}_password", length=9)
            is_valid = ensure_account(
                username=username, email=f"{username}@example.org", password=password, is_admin=is_admin
            )
            shown = password if is_valid else "(changed since)"
            lines.append(f"    {username:<8}{shown:<18}{role}")
        return "\n".join(lines) + "\n"
