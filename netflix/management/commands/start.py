import os
from argparse import ArgumentParser
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from redis import Redis
from redis.exceptions import RedisError

from netflix.environment import host_for_url, is_wildcard_address, text
from netflix.management import preparation
from netflix.stack import Stack

_UNKNOWN_NAMES = (
    "HOST={} listens on all addresses of this machine, but ALLOWED_HOSTS is not set: requests for another name than "
    "localhost are refused. Name what others call this machine, for example ALLOWED_HOSTS=movies.example.com,192.0.2.7"
)


class Command(BaseCommand):
    help = """Prepare the database, load films, and run web, workers and scheduler until Ctrl-C.

    This is what ./bootstrap.sh ends with. In production each of them is a service of its own:
    see docker-compose.yml."""

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", nargs="?", type=Path, help="the data set to load; default: the bundled sample")
        parser.add_argument("--port", type=int, default=settings.PORT, help="where to listen (PORT, or 8000)")

    def handle(self, *, csv: Path | None, port: int, **options: Any) -> None:
        preparation.check_file(csv)
        self._check_redis()
        os.environ["PORT"] = str(port)  # of links in e-mails, unless PUBLIC_URL is set
        with preparation.one_at_a_time(self.stdout):
            preparation.prepare(csv, stdout=self.stdout, stderr=self.stderr)
            call_command("create_demo_likes", stdout=self.stdout)
            logins = call_command("create_demo_logins", stdout=StringIO())
            call_command("create_demo_tickets", stdout=self.stdout)
        say = partial(preparation.say, self.stdout)
        stack = Stack(settings.DATA_DIR, settings.HOST, str(port), say)
        try:
            stack.start()
            if is_wildcard_address(settings.HOST) and not text("ALLOWED_HOSTS"):
                say(_UNKNOWN_NAMES.format(settings.HOST))
            say(_welcome(port, str(logins or "")))
            stack.wait()
        finally:
            stack.stop()
            self.stdout.write("Stopped.")

    def _check_redis(self) -> None:
        """Later outages are tolerated, but a Redis that does not answer at the start is probably a wrong URL."""
        try:
            Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5).ping()
        except (RedisError, ValueError) as error:
            raise CommandError(f"The Redis that REDIS_URL names does not answer: {error}") from error


def _mail() -> str:
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return f"sent through {settings.EMAIL_HOST}"
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return f"written to {settings.DATA_DIR / 'log' / 'worker.log'}; set EMAIL_URL to send them"
    return f"handed to {settings.EMAIL_BACKEND}"


def _welcome(port: int, logins: str) -> str:
    local = f"http://{host_for_url(settings.HOST)}:{port}{settings.PATH_PREFIX}"
    here = settings.PUBLIC_URL if settings.HTTPS else local
    return f"""
The service is running.

  To look around    {here}/
  API, documented   {here}/api/docs/
  API, to browse    {here}/api/v1/
  Administration    {here}/admin/
  E-mails           {_mail()}

{logins}
Press Ctrl-C to stop. The data is kept in {settings.DATA_DIR}."""
